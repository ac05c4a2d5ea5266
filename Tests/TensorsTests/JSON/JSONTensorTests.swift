import Glibc
import Testing

@testable import Tensors

/// Reads tensor data from JSON text into values of `Element`.
func elements<Element: BitwiseCopyable>(
    _ text: String, _ type: ElementType, _ dimensions: [Int], as _: Element.Type
) throws -> [Element] {
    let shape = try Shape(dimensions)
    let tensor = try Tensor(zeros: type, shape)
    guard case .buffer(let buffer) = tensor.storage else { return [] }
    try scan(text) { scanner in
        try scanner.tensorElements(type, shape, into: buffer.mutableBytes)
        try scanner.finish()
    }
    return try #require(tensor.values(as: Element.self))
}

@Suite struct JSONTensorTests {
    @Test(arguments: [
        ("[1,2,3,4,5,6]", [2, 3]), ("[[1,2,3],[4,5,6]]", [2, 3]), (" [ [ 1 , 2 , 3 ] , [ 4 , 5 , 6 ] ] ", [2, 3]),
        ("[[[1],[2]],[[3],[4]],[[5],[6]]]", [3, 2, 1]), ("[1,2,3,4,5,6]", [6]), ("[[1.0,2e0,3],[4,50e-1,6]]", [2, 3]),
    ])
    func nestedAndFlatDataAreTheSame(_ text: String, _ dimensions: [Int]) throws {
        #expect(try elements(text, .float32, dimensions, as: Float.self) == [1, 2, 3, 4, 5, 6])
        #expect(try elements(text, .int8, dimensions, as: Int8.self) == [1, 2, 3, 4, 5, 6])
        #expect(try elements(text, .uint64, dimensions, as: UInt64.self) == [1, 2, 3, 4, 5, 6])
        #expect(try elements(text, .float64, dimensions, as: Double.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test(
        arguments: [("7", []), ("[7]", []), ("7", [1]), ("[7]", [1]), ("[[7]]", [1, 1]), ("7", [1, 1])]
            as [(String, [Int])])
    func oneElementMayStandAlone(_ text: String, _ dimensions: [Int]) throws {
        #expect(try elements(text, .int32, dimensions, as: Int32.self) == [7])
    }

    @Test(arguments: [("[]", [0]), ("[]", [0, 3]), ("[]", [2, 0]), ("[[],[]]", [2, 0]), ("[[[]]]", [1, 1, 0])])
    func emptyTensorsAreRead(_ text: String, _ dimensions: [Int]) throws {
        #expect(try elements(text, .float32, dimensions, as: Float.self) == [])
    }

    @Test(arguments: [
        ("[1,2,3]", [4], "expected 4 elements, found 3"), ("[1,2,3,4,5]", [4], "expected 4 elements, found 5"),
        ("[]", [2], "expected 2 elements, found 0"), ("[1]", [0], "expected 0 elements, found 1"),
        ("[[1,2],[3]]", [2, 2], "dimension 1): expected 2 elements, found 1"),
        ("[[1,2],[3,4,5]]", [2, 2], "dimension 1): expected 2 elements, found 3"),
        ("[[1,2]]", [2, 2], "dimension 0: expected 2 elements, found 1"),
        ("[[1,2],[3,4],[5,6]]", [2, 2], "dimension 0: expected 2 elements, found 3"),
        ("[[],[]]", [2, 2], "dimension 1): expected 2 elements, found 0"),
        ("[[1],[2]]", [2, 0], "dimension 1): expected 0 elements, found 1"),
    ])
    func wrongCountsAreNamed(_ text: String, _ dimensions: [Int], _ message: String) throws {
        let error = #expect(throws: JSONError.self) { try elements(text, .int32, dimensions, as: Int32.self) }
        #expect(error?.code == .wrongCount)
        #expect(error?.message.hasSuffix(message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("[[1,2],3]", [2, 2]), ("[1,[2,3],4]", [2, 2]), ("[[1,2,3,4]", [2, 2]), ("[[[1,2]],[[3,4]]]", [2, 2]),
        ("5", [2]),
        ("[1,2", [2]), ("[1 2]", [2]), ("[1,2}", [2]), ("\"12\"", [2]), ("[1,\"2\"]", [2]), ("[1,null]", [2]),
        ("{}", [1]),
        ("[1,]", [2]), ("[,1]", [2]), ("[1,true]", [2]), ("[[1,2],]", [2, 2]), ("", [1]), ("[[1,2],[3,4]", [2, 2]),
    ])
    func raggedOrForeignDataIsRejected(_ text: String, _ dimensions: [Int]) throws {
        #expect(throws: JSONError.self) { try elements(text, .int32, dimensions, as: Int32.self) }
        #expect(throws: JSONError.self) { try elements(text, .float32, dimensions, as: Float.self) }
        #expect(throws: JSONError.self) { try elements(text, .float64, dimensions, as: Double.self) }
    }

    @Test func integersKeepToTheirRange() throws {
        #expect(try elements("[0,255]", .uint8, [2], as: UInt8.self) == [0, 255])
        #expect(try elements("[-128,127]", .int8, [2], as: Int8.self) == [-128, 127])
        #expect(try elements("[-9223372036854775808]", .int64, [1], as: Int64.self) == [.min])
        #expect(try elements("[18446744073709551615]", .uint64, [1], as: UInt64.self) == [.max])
        for (text, type) in [
            ("[0,256]", ElementType.uint8), ("[0,-1]", .uint8), ("[0,128]", .int8), ("[0,-129]", .int8),
            ("[0,1.5]", .int32),
            ("[0,65536]", .uint16), ("[0,1e10]", .int32), ("[0,18446744073709551616]", .uint64), ("[0,2]", .bool),
        ] {
            let error = #expect(throws: JSONError.self) { try elements(text, type, [2], as: UInt8.self) }
            #expect(error?.code == .outOfRange)
            #expect(error?.message.hasPrefix("element 1: expected ") == true, "\(error?.message ?? "")")
        }
    }

    @Test func booleansAreWordsOrBits() throws {
        #expect(try elements("[true,false,1,0]", .bool, [4], as: UInt8.self) == [1, 0, 1, 0])
    }

    @Test func numbersBeyondTheFloatTypesAreRejected() throws {
        for (text, type) in [("[1e39]", ElementType.float32), ("[-1e400]", .float32), ("[1e400]", .float64)] {
            let error = #expect(throws: JSONError.self) { try elements(text, type, [1], as: UInt8.self) }
            #expect(error?.code == .outOfRange)
        }
        #expect(try elements("[3.4028235e38,1e-60]", .float32, [2], as: Float.self) == [.greatestFiniteMagnitude, 0])
        #expect(try elements("[1.7976931348623157e308]", .float64, [1], as: Double.self) == [.greatestFiniteMagnitude])
    }

    @Test func nonFiniteWordsAreReadInFloatDataOnly() throws {
        let floats = try elements("[NaN,Infinity,-Infinity,-1]", .float32, [4], as: Float.self)
        #expect(floats[0].isNaN)
        #expect(floats[1...] == [.infinity, -.infinity, -1])
        #expect(try elements("[[-Infinity]]", .float64, [1, 1], as: Double.self) == [-.infinity])
        for text in ["[NaN]", "[Infinity]", "[-Infinity]"] {
            #expect(throws: JSONError.self) { try elements(text, .int32, [1], as: Int32.self) }
        }
        for text in ["[nan]", "[inf]", "[Infinit]", "[NaNs]", "[+Infinity]", "[-NaN]"] {
            #expect(throws: JSONError.self) { try elements(text, .float32, [1], as: Float.self) }
        }
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .complex64, .int4, .float8e5m2, .string])
    func otherTypesMustBeBinary(_ type: ElementType) throws {
        let error = #expect(throws: JSONError.self) {
            try scan("[1]") { scanner in
                try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) {
                    try scanner.tensorElements(type, try Shape([1]), into: $0)
                }
            }
        }
        #expect(error?.code == .unsupportedType)
    }

    @Test func stringsAreReadNestedOrFlat() throws {
        for text in [#"["a","é\n","","d"]"#, #"[["a","\u00e9\n"],["","d"]]"#] {
            let strings = try scan(text) { try $0.stringElements(try Shape([2, 2])) }
            #expect(strings.decoded == ["a", "é\n", "", "d"])
        }
        // Elements are bytes: as in the binary form, and as Triton's clients send them, NULs may be among them.
        let bytes = try scan(#"["he\u0000llo","\u0000","","\u0000\u0001\u0002"]"#) {
            try $0.stringElements(try Shape([2, 2]))
        }
        #expect(bytes.decoded == ["he\0llo", "\0", "", "\0\u{1}\u{2}"])
        for text in [#"["a"]"#, #"["a","b","c","d","e"]"#, #"["a","b","c",4]"#, #"[["a"],["b","c","d"]]"#] {
            #expect(throws: JSONError.self) { try scan(text) { try $0.stringElements(try Shape([2, 2])) } }
        }
    }

    @Test func dataInsideDeepTextCountsTowardsTheDepth() throws {
        let dimensions = [Int](repeating: 1, count: 60)
        let data = String(repeating: "[", count: 60) + "1" + String(repeating: "]", count: 60)
        #expect(try elements(data, .int8, dimensions, as: Int8.self) == [1])
        let error = #expect(throws: JSONError.self) {
            try scan("[[[[[\(data)]]]]]") { scanner in
                for _ in 0..<5 {
                    try scanner.beginArray()
                    #expect(try scanner.nextElement())
                }
                try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) {
                    try scanner.tensorElements(.int8, try Shape(dimensions), into: $0)
                }
            }
        }
        #expect(error?.code == .tooDeep)
    }
}
