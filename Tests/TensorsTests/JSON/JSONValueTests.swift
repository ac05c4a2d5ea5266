import Testing

@testable import Tensors

@Suite struct JSONValueTests {
    private let sample: JSONValue = [
        "b": 1, "a": [true, nil, 1.5, "x\n"], "empty": [:], "none": [], "nested": ["z": -3, "y": "é\u{1}\"\\"],
    ]

    @Test func encodingKeepsOrderAndEscapes() {
        #expect(
            sample.encodedString()
                == #"{"b":1,"a":[true,null,1.5,"x\n"],"empty":{},"none":[],"nested":{"z":-3,"y":"é\u0001\"\\"}}"#)
    }

    @Test func sortedKeysMakeEqualValuesEqualBytes() {
        let one = JSONValue.object([("b", 1), ("a", ["d": 1, "c": 2])])
        let other = JSONValue.object([("a", ["c": 2, "d": 1]), ("b", 1)])
        #expect(one.encoded() != other.encoded())
        #expect(one.encoded(sortedKeys: true) == other.encoded(sortedKeys: true))
        #expect(one.encodedString(sortedKeys: true) == #"{"a":{"c":2,"d":1},"b":1}"#)
    }

    @Test func prettyTextIsIndented() {
        let value: JSONValue = ["a": [1, ["b": nil]], "c": [], "d": [:]]
        #expect(
            value.encodedString(pretty: true) == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test func membersAreFoundByKeyAndKind() throws {
        #expect(sample["b"]?.intValue == 1)
        #expect(sample["b"]?.doubleValue == 1)
        #expect(sample["b"]?.stringValue == nil)
        #expect(sample["a"]?.arrayValue?[2].doubleValue == 1.5)
        #expect(sample["a"]?.arrayValue?[2].intValue == nil)
        #expect(sample["a"]?.arrayValue?[0].boolValue == true)
        #expect(sample["a"]?.arrayValue?[1].isNull == true)
        #expect(sample["nested"]?["y"]?.stringValue == "é\u{1}\"\\")
        #expect(sample["missing"] == nil)
        #expect(sample["a"]?["b"] == nil)
        #expect(JSONValue.number(3).intValue == 3)
        #expect(JSONValue.number(1e300).intValue == nil)
    }

    @Test(arguments: [
        ("9223372036854775807", JSONValue.integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1.0", .number(1)), ("-0", .number(-0.0)), ("1e2", .number(100)), ("-5", .integer(-5)),
    ])
    func numbersBecomeIntegersOnlyWhenWrittenSo(_ text: String, _ expected: JSONValue) throws {
        let value = try JSONValue.parse(Array(text.utf8))
        #expect(value == expected)
        if case .number(let double) = value { #expect(double.sign == (text.hasPrefix("-") ? .minus : .plus)) }
    }

    @Test func numbersBeyondDoubleAreRejected() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(Array("[1e400]".utf8)) }
        #expect(error?.code == .outOfRange)
    }

    @Test func numbersThatAreNotFiniteBecomeNull() {
        #expect(JSONValue.array([.number(.nan), .number(.infinity)]).encodedString() == "[null,null]")
    }

    @Test func randomValuesReadBackTheSame() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let value = random(&generator, depth: 4)
            #expect(try JSONValue.parse(value.encoded()) == value)
            #expect(try JSONValue.parse(value.encoded(pretty: true)) == value)
            var writer = JSONWriter(reserving: 0)
            writer.raw("[")
            writer.value(value)
            writer.raw("]")
            #expect(try JSONValue.parse(writer.bytes) == [value])
        }
    }

    @Test func damagedTextNeverTraps() throws {
        var generator = SeededGenerator(seed: 8)
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = random(&generator, depth: 4).encoded()
            if bytes.count > 1, Bool.random(using: &generator) {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            }
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
            }
            let value = try? JSONValue.parse(bytes)
            let skipped: Void? = bytes.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                return try? { () throws(JSONError) in
                    try scanner.skip()
                    try scanner.finish()
                }()
            }
            if value != nil { #expect(skipped != nil) } else { refused += 1 }
            let shape = try Shape([2, 2])
            bytes.withUnsafeBytes { bytes in
                withUnsafeTemporaryAllocation(byteCount: 16, alignment: 4) { buffer in
                    for start in bytes.indices {
                        var scanner = JSONScanner(bytes, offset: start)
                        try? scanner.tensorElements(.float32, shape, into: buffer)
                    }
                }
            }
        }
        #expect(refused > 1_000)
    }

    private func random(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(.random(in: .min ... .max, using: &generator))
        case 3:
            let number = Double(bitPattern: .random(in: .min ... .max, using: &generator))
            return .number(number.isFinite ? number : 0.5)
        case 4, 5: return .string(string(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(&generator, depth: depth - 1) })
        default:
            let count = Int.random(in: 0...4, using: &generator)
            return .object((0..<count).map { ("\($0)\(string(&generator))", random(&generator, depth: depth - 1)) })
        }
    }

    private func string(_ generator: inout SeededGenerator) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "\"", "\\", "/", "\n", "\u{1}", "\u{1F}", "é", "€", "😀", "\u{FFFF}", "\u{7F}",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            scalars.append(alphabet.randomElement(using: &generator) ?? "a")
        }
        return String(scalars)
    }
}

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter(reserving: 16)
        try body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func numbersAreShortest() {
        #expect(text { $0.float(0.1) } == "0.1")
        #expect(text { $0.double(0.1) } == "0.1")
        #expect(text { $0.float(1e-5) } == "1e-05")
        #expect(text { $0.double(5) } == "5.0")
        #expect(text { $0.float(.nan) } == "null")
        #expect(text { $0.double(-.infinity) } == "null")
    }

    @Test func integersOfEveryWidthAreWritten() {
        #expect(text { $0.integer(0) } == "0")
        #expect(text { $0.integer(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.integer(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.integer(Int128.min) } == Int128.min.description)
        #expect(text { $0.integer(UInt8(200)) } == "200")
    }

    @Test func tensorsAreWrittenFlat() throws {
        let floats = try Tensor(.float32, try Shape([2, 2]), values: [1, .nan, .infinity, -.infinity] as [Float])
        #expect(try text { try $0.tensorData(floats) } == "[1.0,NaN,Infinity,-Infinity]")
        let flags = try Tensor(.bool, try Shape([2]), values: [true, false])
        #expect(try text { try $0.tensorData(flags) } == "[true,false]")
        let bytes = try Tensor(.int8, try Shape([3]), values: [-128, 0, 127] as [Int8])
        #expect(try text { try $0.tensorData(bytes) } == "[-128,0,127]")
        #expect(try text { try $0.tensorData(try Tensor(zeros: .float64, try Shape([0]))) } == "[]")
        let strings = try Tensor(try Shape([2]), strings: StringElements(["a\"b", "é"]))
        #expect(try text { try $0.tensorData(strings) } == #"["a\"b","é"]"#)
    }

    @Test func whatJSONCannotCarryIsRefusedAndNothingWritten() throws {
        var binary = StringElements()
        binary.append([0xFF])
        for tensor in [
            try Tensor(zeros: .float16, try Shape([1])), try Tensor(zeros: .bfloat16, try Shape([1])),
            try Tensor(zeros: .complex64, try Shape([1])), try Tensor(try Shape([1]), strings: binary),
        ] {
            var writer = JSONWriter(reserving: 0)
            let error = #expect(throws: TensorError.self) { try writer.tensorData(tensor) }
            #expect(error?.code == .unsupportedType)
            #expect(writer.bytes.isEmpty)
        }
    }
}
