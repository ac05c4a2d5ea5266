/// Makes requests, good ones and damaged ones: the same for a seed everywhere.
///
/// Source: SplitMix64 (Steele, Lea and Flood, 2014).
struct RequestMaker: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int(next() % UInt64(choices.count))]
    }

    private mutating func chance(_ one: UInt64, in all: UInt64) -> Bool { next() % all < one }

    private mutating func word(_ length: Int) -> String {
        String((0..<length).map { _ in pick(Array("abcXYZ019-_.!#$%&'*+^`|~")) })
    }

    /// One to three requests, one after another, each of which lets another follow.
    mutating func requests() -> [UInt8] {
        (0..<Int(next() % 3 + 1)).flatMap { _ in request() }
    }

    private mutating func request() -> [UInt8] {
        let method = pick(["GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "M-SEARCH", "UNSUBSCRIBE"])
        let target = pick([
            "/", "/v2/models/digits/infer", "/a?b=c&d=%20", "/x/\(word(9))", "http://localhost:80/v2", "/;a=b",
        ])
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"]
        for _ in 0..<(next() % 4) { lines.append(field()) }
        let body = (0..<Int(next() % 40)).map { _ in UInt8(truncatingIfNeeded: next()) }
        switch next() % 3 {
        case 0: return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
        case 1:
            lines.insert(pick(["Content-Length", "content-length"]) + ":\(blanks())\(body.count)", at: 1)
            return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + body
        default:
            lines.append(pick(["Transfer-Encoding: chunked", "transfer-encoding:Chunked"]))
            return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + chunks(body)
        }
    }

    private mutating func field() -> String {
        let value = pick(["", "a", "a b\tc", "\u{e9}", word(20), "\"quoted; x=1\"", "close, not", "0", "1,2"])
        return pick(["X-\(word(4))", "Accept", "Content-Type", "x-request-id", "Inference-Header-Content-Length"])
            + ":\(blanks())\(value)\(blanks())"
    }

    private mutating func blanks() -> String { pick(["", " ", " ", " ", "  ", "\t", " \t "]) }

    private mutating func chunks(_ body: [UInt8]) -> [UInt8] {
        var (all, rest): ([UInt8], ArraySlice<UInt8>) = ([], body[...])
        while !rest.isEmpty {
            let piece = rest.prefix(Int(next() % 15 + 1))
            rest = rest.dropFirst(piece.count)
            let size = String(piece.count, radix: 16, uppercase: chance(1, in: 2))
            all += Array("\(pick(["", "", "0", "000"]))\(size)\(pick(["", "", ";a", ";a=b", ";a=\"b c\";d"]))\r\n".utf8)
            all += piece + Array("\r\n".utf8)
        }
        return all + Array("0\r\n\(pick(["", "", "", "X-Sum: 1\r\n", "a:b\r\nc:\r\n"]))\r\n".utf8)
    }

    private static let poison: [[UInt8]] =
        [
            "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "0", "\0", "\u{7f}", "\u{b}", "/", "#",
            "HTTP/1.0",
            "\r\n ", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "transfer-encoding: identity\r\n", "-",
            "+5",
            "ffffffffffffffff", "Host: x\r\n", "chunked", "\u{85}", "HTTP/2.0", "HTTP/1.2", "\r\nX : y", "[", "%", "\"",
            "\\",
        ].map { Array($0.utf8) } + [[0xff], [0x80]]

    /// The bytes with one to three things put in, taken out, doubled, or put in the place of others.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(next() % 3 + 1) where !bytes.isEmpty {
            let place = Int(next() % UInt64(bytes.count))
            let end = min(bytes.count, place + Int(next() % 12) + 1)
            switch next() % 5 {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2: bytes[place] ^= 1 << UInt8(next() % 8)
            case 3: bytes.replaceSubrange(place..<min(place + 1, bytes.count), with: pick(Self.poison))
            default: bytes.insert(contentsOf: pick(Self.poison), at: place)
            }
        }
        return bytes
    }

    /// The bytes cut into pieces, none of which is empty.
    mutating func cut(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var (pieces, rest): ([ArraySlice<UInt8>], ArraySlice<UInt8>) = ([], bytes[...])
        let longest = pick([1, 2, 7, 64])
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int(next() % UInt64(longest)) + 1))
            rest = rest.dropFirst(pieces[pieces.count - 1].count)
        }
        return pieces
    }
}
