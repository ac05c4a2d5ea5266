package import Home

/// Proof that this process alone may touch the blobs, for as long as it lives.
package struct ExclusiveBlobLock: ~Copyable {
    private let lock: HomeLock

    /// - Throws: `HomeError.Code.locked` when somebody is adding or removing blobs and `wait` is false.
    package init(_ home: HomeDirectory, wait: Bool = false) throws(HomeError) {
        lock = try HomeLock.acquire(.blobs, .exclusive, in: home, wait: wait)
    }

    deinit { lock.release() }
}
