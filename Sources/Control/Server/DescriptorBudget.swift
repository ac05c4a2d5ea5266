import Glibc

/// How many connections each plane may have, so that the process never runs out of file descriptors: with none left it
/// could load no version, read no database, and answer nobody.
struct DescriptorBudget: Hashable, Sendable {
    /// Connections of the data plane.
    let data: Int
    /// Connections of the control plane's port.
    let control: Int

    /// Descriptors for everything else: listeners, event loops, the database, engines and the files that they read.
    private static let reserve = 96
    private static let most = (data: 10_000, control: 512)

    /// - Parameter limit: descriptors that the process may have.
    init(limit: Int) {
        let spare = max(8, max(limit, Self.reserve) - Self.reserve)
        control = min(Self.most.control, spare / 4)
        data = min(Self.most.data, spare - control)
    }

    /// The budget of this process, whose limit is raised as far as the system lets it: the usual 1,024 is for programs
    /// that call `select`.
    static func ofThisProcess() -> DescriptorBudget {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return DescriptorBudget(limit: 1024) }
        let wanted = min(limit.rlim_max, 65_536)
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = wanted
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return DescriptorBudget(limit: Int(clamping: limit.rlim_cur))
    }
}
