import Home
import Tensors

/// Whether the clock can be right.
struct ClockCheck {
    let now: Timestamp
    /// When the newest record of the home was made.
    let newest: Timestamp?

    /// 2024 to 2100.
    private static let earliest = Timestamp(milliseconds: 1_704_067_200_000)
    private static let latest = Timestamp(milliseconds: 4_102_444_800_000)
    /// Records may lie this far ahead: clocks of two machines on one disk.
    private static let slack: Int64 = 60_000

    func finding() -> DoctorFinding {
        let details = JSONValue.object([
            ("now", .string(now.description)), ("newestRecord", newest.map { .string($0.description) } ?? .null),
        ])
        let fix = "set the clock, for example with chrony or systemd-timesyncd; tokens and histories depend on it"
        guard (Self.earliest...Self.latest).contains(now) else {
            return .fail("clock", "it is \(now), which cannot be", fix: fix, details: details)
        }
        if let newest, newest > now.adding(milliseconds: Self.slack) {
            return .warn(
                "clock", "it is \(now), but the newest record is of \(newest): the clock was set back", fix: fix,
                details: details)
        }
        return .ok("clock", "\(now)", details: details)
    }
}
