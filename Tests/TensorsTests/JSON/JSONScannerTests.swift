import Testing

@testable import Tensors

/// Runs `body` on a scanner over `text`.
func scan<Result>(_ text: String, _ body: (inout JSONScanner) throws -> Result) throws -> Result {
    try Array(text.utf8).withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        return try body(&scanner)
    }
}

@Suite struct JSONScannerTests {
    @Test func walksAnObjectInOrder() throws {
        let text = #" { "id" : "a\u00e9\n" , "shape":[2, 3], "deep":{"x":[true,false,null]}, "n": -12 } "#
        let seen: [String] = try scan(text) { scanner in
            var seen: [String] = []
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "id": seen.append(try scanner.string())
                case "shape":
                    try scanner.beginArray()
                    while try scanner.nextElement() { seen.append(String(try scanner.int())) }
                case "n": seen.append(String(try scanner.int()))
                default: try scanner.skip()
                }
            }
            try scanner.finish()
            return seen
        }
        #expect(seen == ["aé\n", "2", "3", "-12"])
    }

    @Test func positionLeadsBackToAValue() throws {
        let bytes = Array(#"{"a": [1, 2], "b": 7}"#.utf8)
        try bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            try scanner.beginObject()
            #expect(try scanner.nextKey() == "a")
            let data = scanner.position
            try scanner.skip()
            #expect(try scanner.nextKey() == "b")
            #expect(try scanner.uint64() == 7)
            #expect(try scanner.nextKey() == nil)
            try scanner.finish()
            var later = JSONScanner(bytes, offset: data)
            try later.beginArray()
            #expect(try later.nextElement())
            #expect(try later.int() == 1)
        }
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "tru", "True", "01", "-", "-01", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", "NaN",
        "Infinity", "-Infinity", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\n\"", "\"\t\"", "[", "[1",
        "[1,",
        "[1,]", "[,1]", "[1 2]", "]", "{", "{}}", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,,\"b\":2}", "1 2", "[] []", "// comment\n1", "[1]x", "\u{FEFF}1",
    ])
    func malformedTextIsRejected(_ text: String) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
        #expect([.malformed, .wrongKind].contains(error?.code))
    }

    @Test(
        arguments: [
            [0xEF, 0xBB, 0xBF, 0x31], [0x22, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xC1, 0xBF, 0x22],
            [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0xFF, 0x22],
            [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], [0x22, 0x00, 0x22], [0x00], [0xFF, 0xFE, 0x31, 0x00],
            [0x22, 0xE2, 0x82],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRejected(_ bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue.parse(bytes) }
    }

    @Test(arguments: [#""\u0000""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\udbffx""#])
    func nulAndLoneSurrogatesAreRejected(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }

    @Test func surrogatePairsAndEscapesAreDecoded() throws {
        let value = try JSONValue.parse(Array(#""\ud83d\ude00\"\\\/\b\f\n\r\t\u20ac é""#.utf8))
        #expect(value == .string("😀\"\\/\u{8}\u{C}\n\r\t€ é"))
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"x":{"a":1,"b":2,"a":3}}"#, #"{"\u0061":1,"a":2}"#, #"{"é":1,"e\u0301":2}"#,
        // KELVIN SIGN is canonically equivalent to the letter.
        #"{"K":1,"\u212A":2}"#, "{\"\u{212A}\":1,\"K\":2}",
    ])
    func duplicateKeysAreRejectedEverywhere(_ text: String) throws {
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
        let error = #expect(throws: JSONError.self) { try scan(text) { try $0.skip() } }
        #expect(error?.code == .duplicateKey)
    }

    @Test(arguments: [15, 16, 17, 18, 200]) func duplicatesAreFoundAmongManyKeys(count: Int) throws {
        let members = (0..<count).map { #""k\#($0)":{"k\#($0)":0}"# }.joined(separator: ",")
        #expect(try JSONValue.parse(Array("{\(members)}".utf8)).objectValue?.count == count)
        for repeated in [0, count / 2, count - 1] {
            let error = #expect(throws: JSONError.self) {
                try JSONValue.parse(Array("{\(members),\"k\(repeated)\":1}".utf8))
            }
            #expect(error?.code == .duplicateKey)
        }
    }

    @Test func keysAreComparedHoweverTheyAreSpelled() throws {
        let text = #"{"id":1,"\u0069nputs":2,"e\u0301":3,"in":4,"inputsx":5,"":6}"#
        let seen: [String] = try scan(text) { scanner in
            var seen: [String] = []
            try scanner.beginObject()
            while let key = try scanner.nextMember() {
                switch key {
                case "id": seen.append("id")
                case "inputs": seen.append("inputs")
                case "é": seen.append("é")
                case "": seen.append("empty")
                default: seen.append("other \(key.text) \(key.hasPrefix("in")) \(key.hasPrefix("inputsxy"))")
                }
                try scanner.skip()
            }
            return seen
        }
        #expect(seen == ["id", "inputs", "é", "other in true false", "other inputsx true false", "empty"])
    }

    /// Eight bytes are looked at together: whatever stands at any place among them must be found.
    @Test func everyByteIsFoundAtEveryPlaceInAString() throws {
        for length in 0..<20 {
            for place in 0...length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: UInt8(ascii: "~"), count: length)
                    bytes.insert(byte, at: place)
                    let value = try? JSONValue.parse([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
                    let isPlain = byte >= 0x20 && byte < 0x80 && !#""\"#.utf8.contains(byte)
                    #expect((value == .string(String(decoding: bytes, as: UTF8.self))) == isPlain, "\(bytes)")
                }
            }
        }
    }

    @Test func depthIsLimited() throws {
        let limit = JSONScanner.maximumDepth
        let allowed = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(throws: Never.self) { try JSONValue.parse(Array(allowed.utf8)) }
        for text in [
            "[\(allowed)]", String(repeating: "{\"a\":", count: 100_000), String(repeating: "[", count: 100_000),
        ] {
            let error = #expect(throws: JSONError.self) { try scan(text) { try $0.skip() } }
            #expect(error?.code == .tooDeep)
        }
    }

    @Test func errorsSayWhatWasExpectedAndFoundButNotThePayload() throws {
        let error = #expect(throws: JSONError.self) { try scan(#"  "secret" "#) { try $0.int() } }
        #expect(error?.message == "expected a number, found a string")
        #expect(error?.offset == 2)
        #expect(error?.code == .wrongKind)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("1.0", 1), ("1e3", 1000), ("120e-1", 12), ("-7.000", -7),
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("0.0000000000000000000000000", 0),
        ("922337203685477580.7e1", Int.max), ("1000000000000000000000000e-24", 1),
    ])
    func wholeNumbersAreReadHoweverSpelled(_ text: String, _ expected: Int) throws {
        #expect(try scan(text) { try $0.int() } == expected)
    }

    @Test(arguments: [
        "1.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e999999999999999999999",
        "1e-999999999999999999999", "99999999999999999999999", "0.00000000000000000000000000000000001",
    ])
    func numbersThatAreNoIntAreRejected(_ text: String) throws {
        let error = #expect(throws: JSONError.self) { try scan(text) { try $0.int() } }
        #expect(error?.code == .outOfRange)
    }

    @Test func uint64ReadsItsWholeRange() throws {
        #expect(try scan("18446744073709551615") { try $0.uint64() } == .max)
        #expect(try scan("-0") { try $0.uint64() } == 0)
        for text in ["18446744073709551616", "-1", "99999999999999999999"] {
            #expect(throws: JSONError.self) { try scan(text) { try $0.uint64() } }
        }
    }
}
