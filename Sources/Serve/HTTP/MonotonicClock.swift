import Glibc

/// Nanoseconds on a clock that never goes back.
package enum MonotonicClock {
    @inline(__always)
    package static func now() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Milliseconds since 1970 at a moment of this clock.
    static func epochMilliseconds(at moment: UInt64) -> Int {
        let (past, wall) = (now() &- moment, nanoseconds(CLOCK_REALTIME))
        return Int(clamping: (wall &- min(past, wall)) / 1_000_000)
    }

    @inline(__always)
    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
