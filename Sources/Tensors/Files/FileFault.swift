import Glibc

/// What the system refused to do with a file.
package struct FileFault: Error, Hashable {
    /// Such as `write`.
    package let action: String
    package let path: String
    /// The system's number for the reason (`errno`).
    package let number: CInt

    /// The reason is the calling thread's `errno`.
    package init(_ action: String, _ path: String) {
        number = errno
        self.action = action
        self.path = path
    }

    /// What the system would have said.
    init(_ action: String, _ path: String, number: CInt) {
        (self.action, self.path, self.number) = (action, path, number)
    }

    /// The system's words for a number. Unlike `strerror`, on any number of threads.
    static func words(for number: CInt) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let words = buffer.baseAddress, strerror_r(number, words, buffer.count) == 0 else {
                return "error \(number)"
            }
            return String(cString: words)
        }
    }

    /// Whether there is no room: on the disk, in a quota, or for a file of that size.
    package var isFull: Bool { [ENOSPC, EDQUOT, EFBIG].contains(number) }
}

extension FileFault: CustomStringConvertible {
    package var description: String { "cannot \(action) '\(path)': \(Self.words(for: number))" }
}
