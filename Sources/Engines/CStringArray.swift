import Glibc

/// Strings in the form C wants them, allocated once.
///
/// `@unchecked Sendable`: nothing changes between `init` and `deinit`.
final class CStringArray: @unchecked Sendable {
    private let storage: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        storage = .allocate(capacity: max(count, 1))
        for (index, string) in strings.enumerated() {
            (storage + index).initialize(to: UnsafePointer(strdup(string)))
        }
    }

    deinit {
        for index in 0..<count { free(UnsafeMutablePointer(mutating: storage[index])) }
        storage.deallocate()
    }

    /// One pointer for each string, in their order; valid as long as this object.
    var pointers: UnsafePointer<UnsafePointer<CChar>?> { UnsafePointer(storage) }
}
