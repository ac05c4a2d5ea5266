/// What wakes a loop again and again until its task is cancelled: `while await ticker.next() { … }`.
///
/// The pause is between the end of a step and the next one, so that steps that take long do not pile up. Tests hand in a
/// clock that they move.
package struct Ticker: Sendable {
    private let pause: @Sendable () async throws -> Void

    /// A tick after each interval, by a clock.
    package init(every interval: Duration, on clock: any Clock<Duration> = ContinuousClock()) {
        pause = { try await clock.sleep(for: interval) }
    }

    /// Waits for the next tick.
    ///
    /// - Returns: `false` when the task was cancelled: the loop is over.
    package func next() async -> Bool { (try? await pause()) != nil }
}
