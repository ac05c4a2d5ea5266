/// Text that has to fit on a line.
enum ShortText {
    /// The first line, cut at a word where it is longer than `limit`.
    static func line(_ text: String, limit: Int = 72) -> String {
        let first = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard first.count > limit else { return first }
        let cut = first.prefix(limit)
        let word = cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut
        return "\(word) …"
    }
}
