import Glibc
import Tensors

/// What of the processors a process gets that others wait for less than for answers.
package enum ChildPriority {
    /// Tells a child that it is one.
    static let variable = "SLIPWAY_CHILD_PRIORITY"

    /// A tenth of a processor that a server would have for itself.
    private static let low: Int32 = 10

    /// Has a child that was told so give way. To be called before it has begun another thread: they are as this one is.
    static func take() {
        if getenv(variable) != nil, getpriority(who, 0) < low { give(0, low) }
    }

    /// Has every thread of this process, and those that they begin, give way to all others.
    ///
    /// Source: setpriority(2), "C library/kernel differences": on Linux it is of a thread.
    package static func stepBack() {
        for thread in Folder.sortedNames(in: "/proc/self/task").compactMap({ UInt32($0) }) { give(thread, 19) }
    }

    private static func give(_ thread: UInt32, _ value: Int32) {
        setpriority(who, thread, value)
    }

    private static var who: Int32 { Int32(bitPattern: PRIO_PROCESS.rawValue) }
}
