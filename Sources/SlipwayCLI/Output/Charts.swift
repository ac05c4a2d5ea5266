/// Pictures made of characters.
enum Charts {
    private static let ticks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One character per value, scaled to the largest.
    static func sparkline(_ values: [Double]) -> String {
        guard let top = values.filter(\.isFinite).max(), top > 0 else {
            return String(repeating: "▁", count: values.count)
        }
        return String(values.map { ticks[Int((share($0 / top) * 7).rounded())] })
    }

    /// Between 0 and 1; 0 for what is no number.
    private static func share(_ value: Double) -> Double { min(1, max(0, value)) }

    /// A bar of `width` cells, `share` of it filled.
    static func bar(_ share: Double, width: Int = 20) -> String {
        let filled = Int((Self.share(share) * Double(width)).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
}
