import Glibc

/// What the demo claims, and whether it held.
struct DemoLedger {
    private(set) var checks: [(claim: String, held: Bool)] = []

    var allHeld: Bool { checks.allSatisfy(\.held) }

    /// Writes a claim down and shows it.
    mutating func check(_ claim: String, _ held: Bool) {
        checks.append((claim, held))
        let mark = held ? Paint.green("✓", on: STDOUT_FILENO) : Paint.red("✕ NOT TRUE:", on: STDOUT_FILENO)
        Terminal.answer("  \(mark) \(claim)")
    }
}
