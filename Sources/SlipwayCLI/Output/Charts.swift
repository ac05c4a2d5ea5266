/// Pictures made of characters.
enum Charts {
    private static let ticks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One character per value, scaled to the largest.
    static func sparkline(_ values: [Double]) -> String {
        guard let top = values.max(), top > 0 else { return String(repeating: "▁", count: values.count) }
        return String(values.map { ticks[min(7, max(0, Int(($0 / top * 7).rounded())))] })
    }

    /// A bar of `width` cells, `share` of it filled.
    static func bar(_ share: Double, width: Int = 20) -> String {
        let filled = min(width, max(0, Int((share * Double(width)).rounded())))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
}
