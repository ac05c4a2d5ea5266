import Tensors

/// A block of a PEM file. Source: RFC 7468.
struct PEMText: Hashable {
    var label: String
    var bytes: [UInt8]

    /// The largest key file that is read, in bytes.
    static let largest = 64 << 10

    /// As `openssl` writes it: lines of 64 letters, a line break at the end.
    var text: String {
        let letters = Array(Base64.encoded(bytes).utf8)
        let lines = stride(from: 0, to: letters.count, by: 64).map {
            String(decoding: letters[$0..<min($0 + 64, letters.count)], as: UTF8.self)
        }
        return "-----BEGIN \(label)-----\n" + lines.map { $0 + "\n" }.joined() + "-----END \(label)-----\n"
    }

    init(label: String, bytes: [UInt8]) {
        self.label = label
        self.bytes = bytes
    }

    /// All blocks of a text; what stands between them is passed over.
    ///
    /// - Throws: `SealError.Code.key` for a block that does not end, or is not base64.
    static func blocks(of text: String, in path: String) throws(SealError) -> [PEMText] {
        var blocks: [PEMText] = []
        var open: (label: String, letters: String)?
        for line in text.split(whereSeparator: \.isNewline) {
            if let label = Self.label(line, "BEGIN") {
                guard open == nil else { break }
                open = (label, "")
            } else if let label = Self.label(line, "END") {
                guard let block = open, block.label == label, let bytes = Base64.decoded(block.letters) else {
                    break
                }
                blocks.append(PEMText(label: label, bytes: bytes))
                open = nil
            } else if open != nil {
                // What has headers is encrypted in the old way, and is recognised by its label's user.
                open?.letters += line.contains(":") ? "" : line.filter { !$0.isWhitespace }
            }
        }
        guard open == nil else {
            throw SealError(.key, "'\(path)' has a PEM block that is damaged", help: "copy the key file again")
        }
        return blocks
    }

    private static func label(_ line: Substring, _ word: String) -> String? {
        let line = line.split(separator: "\r").first ?? line
        guard line.hasPrefix("-----\(word) "), line.hasSuffix("-----"), line.count > word.count + 11 else { return nil }
        return String(line.dropFirst(word.count + 6).dropLast(5))
    }
}
