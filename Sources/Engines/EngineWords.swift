/// What an engine says, made fit for people.
enum EngineWords {
    /// The words on one line, without the places in the engine's own sources where they were written: those tell
    /// nothing to anyone who reads them, and look like paths of this machine. The path of the model is one of this
    /// machine, and goes too.
    static func shown(_ words: String) -> String {
        var kept: [Substring] = []
        for word in withoutModelPath(words).split(whereSeparator: \.isWhitespace) {
            guard isSourcePosition(word) else {
                kept.append(word)
                continue
            }
            // "Exception from FILE:LINE", "failed at FILE:LINE".
            if kept.suffix(2) == ["Exception", "from"] { kept.removeLast(2) }
            if kept.last == "at" { kept.removeLast() }
        }
        return kept.joined(separator: " ")
    }

    /// ONNX Runtime: "Load model from PATH failed:REASON".
    private static func withoutModelPath(_ words: String) -> Substring {
        guard words.hasPrefix("Load model from /"), let end = words.firstRange(of: " failed:") else {
            return words[...]
        }
        return words[end.upperBound...]
    }

    /// `path/file.extension:line`, with or without a colon behind it.
    private static func isSourcePosition(_ word: Substring) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].contains("/"), parts[0].contains("."), !parts[1].isEmpty else { return false }
        return parts[1].utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && parts.dropFirst(2).allSatisfy(\.isEmpty)
    }
}
