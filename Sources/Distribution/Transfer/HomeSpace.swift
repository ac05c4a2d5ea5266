import Glibc
import Home

/// Whether a home's disk takes what is to be fetched.
enum HomeSpace {
    /// - Throws: `DistributionError.Code.full` before anything is fetched.
    static func require(_ bytes: Int, in home: HomeDirectory) throws(DistributionError) {
        var status = statvfs()
        guard statvfs(home.path, &status) == 0 else { return }
        let free = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        guard !free.overflow, free.partialValue < bytes else { return }
        throw DistributionError(
            .full, "\(bytes) bytes are to be fetched, and \(free.partialValue) are free",
            help: "free some space, or choose another home with --home")
    }
}
