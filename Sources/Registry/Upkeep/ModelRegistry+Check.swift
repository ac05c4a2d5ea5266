import Glibc
import Home
import Trust

extension ModelRegistry {
    /// What a check is to do.
    package struct CheckOptions: Hashable, Sendable {
        /// Compare the sizes of blobs only, and do not read them.
        package var isQuick = false
        /// Put right what can be: set altered blobs aside, clear away what was left behind, drop aliases of removed
        /// versions, write the index again. Waits until nobody adds or removes blobs.
        package var repairs = false

        package init() {}
    }

    /// Compares everything that is stored with what is recorded about it.
    ///
    /// Blobs are read a megabyte at a time. Garbage is not collected meanwhile; everybody else goes on.
    ///
    /// - Parameter progress: bytes of blobs that have been read, and all of them.
    /// - Throws: `HomeError` and `RegistryError` for a home that cannot be read at all; whatever else is wrong is a
    ///   finding.
    package func check(
        _ options: CheckOptions = CheckOptions(), progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> CheckReport {
        let exclusive = options.repairs ? try ExclusiveBlobLock(database.home, wait: true) : nil
        var work = HomeCheck(registry: self, options: options)
        try work.lookForAbandonedFiles(holding: exclusive)
        let shared = options.repairs ? nil : try HomeLock.acquire(.blobs, .shared, in: database.home, wait: true)
        defer { shared?.release() }
        try work.checkDatabase()
        try work.checkBlobs(progress)
        try work.checkVersions()
        try work.checkLayout()
        try work.checkPermissions()
        _ = exclusive
        return work.report
    }
}
