/// Pauses by the calendar's clock, which people and time servers set: forwards and back.
enum Lapse {
    /// Whether so many milliseconds are over; also where the clock is before the moment that they began, because it was set
    /// back meanwhile and nobody knows how long it has been.
    ///
    /// - Parameters:
    ///   - start: milliseconds since 1970-01-01 UTC, as `now`.
    static func isOver(_ milliseconds: Int, since start: Int, at now: Int) -> Bool {
        !(0..<milliseconds).contains(now - start)
    }
}
