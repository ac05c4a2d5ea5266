import Glibc

extension DistributionError {
    /// The refusal of a system call, from `errno`.
    static func system(_ action: String, _ path: String, errno code: Int32 = Glibc.errno) -> DistributionError {
        let message = "cannot \(action) '\(path)': \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: return DistributionError(.full, message, help: "free some space and try again")
        default: return DistributionError(.io, message)
        }
    }
}
