/// JSON as Python writes it where numbers are not finite: `Infinity` and `NaN` stand there bare, which JSON does not have.
enum PythonJSON {
    private static let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }

    /// The same text with such numbers as texts; `nil` where there are none.
    ///
    /// PyTorch wrote them into programs until 2.5, for sizes without a bound; since then it writes texts itself.
    static func quoted(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var result: [UInt8] = []
        var (start, place, isInside) = (0, 0, false)
        while place < bytes.count {
            let byte = bytes[place]
            if isInside {
                // What follows a backslash ends no text.
                if byte == UInt8(ascii: "\\") { place += 1 }
                isInside = byte != UInt8(ascii: "\"")
            } else if byte == UInt8(ascii: "\"") {
                isInside = true
            } else if let word = words.first(where: { bytes[place...].starts(with: $0) }) {
                result += bytes[start..<place]
                result.append(UInt8(ascii: "\""))
                result += word
                result.append(UInt8(ascii: "\""))
                place += word.count
                start = place
                continue
            }
            place += 1
        }
        guard start > 0 else { return nil }
        return result + bytes[start...]
    }
}
