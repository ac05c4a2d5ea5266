import Testing

@testable import Tensors

/// Memory that counts what is asked of it.
private final class TestMemory: ChargedMemory {
    let base: UnsafeMutableRawPointer
    let capacity: Int
    private let limit: Int
    private(set) var charged = 0

    init(capacity: Int, limit: Int = .max) {
        self.capacity = capacity
        self.limit = limit
        base = .allocate(byteCount: max(capacity, 1), alignment: 64)
    }

    deinit { base.deallocate() }

    func charge(upTo count: Int) -> Bool {
        guard count <= capacity, count <= limit else { return false }
        charged = max(charged, count)
        return true
    }
}

/// Reads values one after another, each a text of its own.
private func read(_ type: ElementType, _ texts: [String], memory: TestMemory) throws -> NestedElements {
    var elements = NestedElements(type, memory: memory)
    for text in texts {
        try scan(text) { scanner in
            try elements.read(&scanner)
            try scanner.finish()
        }
    }
    return elements
}

@Suite struct NestedElementsTests {
    @Test(arguments: [
        ("7", []), ("[]", [0]), ("[7]", [1]), ("[1,2,3]", [3]), ("[[1,2,3],[4,5,6]]", [2, 3]), ("[[],[]]", [2, 0]),
        (" [ [ [ 1 ] , [ 2 ] ] , [ [ 3 ] , [ 4 ] ] , [ [ 5 ] , [ 6 ] ] ] ", [3, 2, 1]), ("[[[]]]", [1, 1, 0]),
    ])
    func theShapeFollowsFromTheNesting(_ text: String, _ dimensions: [Int]) throws {
        for type in [ElementType.float32, .int8, .uint64, .float64] {
            let elements = try read(type, [text], memory: TestMemory(capacity: 4096))
            let shape = try Shape(dimensions)
            #expect(elements.dimensions == dimensions && elements.elementCount == shape.elementCount)
            let numbers = try elements.tensor(shape).doubles()
            let expected = text.split { !$0.isNumber }.compactMap { Double($0) }
            #expect(numbers == expected)
        }
    }

    @Test func rowsAreReadOneAfterAnother() throws {
        let elements = try read(.int16, ["[1,2]", "[3,4]", "[5,6]"], memory: TestMemory(capacity: 64))
        #expect(elements.valueCount == 3 && elements.dimensions == [2])
        #expect(try elements.tensor(try Shape([3, 2])).values(as: Int16.self) == [1, 2, 3, 4, 5, 6])
        #expect(throws: TensorError.self) { try elements.tensor(try Shape([2, 2])) }
    }

    @Test(arguments: [
        (["[[1,2],[3]]"], "at [1]: expected 2 elements, as in the first, found 1 (at byte 7)"),
        (["[[1],[2,3]]"], "at [1]: expected 1 elements, as in the first, found 2 (at byte 5)"),
        (["[[1],2]"], "at [1]: expected an array, as in the first, found a number (at byte 5)"),
        (["[1,[2]]"], "at [1]: expected a number, found an array (at byte 3)"),
        (["[[[1]],[2]]"], "at [1]: expected an array, as in the first (at byte 8)"),
        (["[[[1],[2]],[[3],[4],[5]]]"], "at [1]: expected 2 elements, as in the first, found 3 (at byte 11)"),
        (["[[],[1]]"], "at [1]: expected 0 elements, as in the first, found 1 (at byte 4)"),
        (["[[1,2]", "[]"], "expected ',' or ']', found the end of the text (at byte 6)"),
        (["[1,2]", "[1]"], "expected 2 elements, as in the first, found 1 (at byte 0)"),
        (["[1,2]", "3"], "expected an array, as before, found a number (at byte 0)"),
        (["3", "[1,2]"], "expected a single value, found an array (at byte 0)"),
        (["[1,2]", "[[1,2]]"], "at [0]: expected a single value, found an array (at byte 1)"),
        (["[1,]"], "at [1]: expected a number, found ']' (at byte 3)"),
        (["[1 2]"], "at [1]: expected ',' or ']', found a number (at byte 3)"),
        (["[null]"], "at [0]: expected a number, found null (at byte 1)"),
        (["[\"1\"]"], "at [0]: expected a number, found a string (at byte 1)"),
        (["{}"], "expected a number, found an object (at byte 0)"),
        ([""], "expected a number, found the end of the text (at byte 0)"),
        (["[[1,2],[3,1e400]]"], "at [1][1]: expected a number that FP32 can hold, found one beyond it (at byte 10)"),
    ])
    func raggedDataIsRefusedWithThePlace(_ texts: [String], _ message: String) throws {
        let error = #expect(throws: JSONError.self) {
            try read(.float32, texts, memory: TestMemory(capacity: 4096))
        }
        #expect(error?.description == message)
    }

    @Test func nestingIsBounded() throws {
        let deep = String(repeating: "[", count: 100) + "1" + String(repeating: "]", count: 100)
        let error = #expect(throws: JSONError.self) { try read(.float32, [deep], memory: TestMemory(capacity: 64)) }
        #expect(error?.code == .tooDeep)
    }

    @Test func memoryIsPaidForAsItFills() throws {
        let text = "[" + (0..<10_000).map(String.init).joined(separator: ",") + "]"
        let memory = TestMemory(capacity: 1 << 20)
        #expect(try read(.float32, [text], memory: memory).dimensions == [10_000])
        #expect(memory.charged >= 40_000 && memory.charged < 50_000)
        for small in [TestMemory(capacity: 39_999), TestMemory(capacity: 1 << 20, limit: 39_999)] {
            let error = #expect(throws: JSONError.self) { try read(.float32, [text], memory: small) }
            #expect(error?.code == .noMemory)
        }
        let exact = TestMemory(capacity: 40_000)
        #expect(try read(.float32, [text], memory: exact).elementCount == 10_000)
    }

    @Test func everyTypeReadsAsItDoesWithAShape() throws {
        let text = "[0,1,1,0]"
        for type in ElementType.allCases where type != .string {
            let shape = try Shape([4])
            var storage = [UInt8](repeating: 0, count: 64)
            let isRead = storage.withUnsafeMutableBytes { space in
                (try? scan(text) { try $0.tensorElements(type, shape, into: space) }) != nil
            }
            guard isRead else {
                #expect(throws: JSONError.self) { try read(type, [text], memory: TestMemory(capacity: 64)) }
                continue
            }
            let tensor = try read(type, [text], memory: TestMemory(capacity: 64)).tensor(shape)
            #expect(Array(tensor.bytes) == Array(storage[..<tensor.byteCount]), "\(type)")
        }
    }

    @Test(arguments: [
        (#"["a","","ü\n"]"#, ["a", "", "ü\n"]), (#"[{"b64":"aGk="},"x",{ "b64" : "aGk" }]"#, ["hi", "x", "hi"]),
        (#"[{"b64":""}]"#, [""]), (#"[{"b64":"\u0061Gk="}]"#, ["hi"]),
    ])
    func stringsMayBeBase64(_ text: String, _ expected: [String]) throws {
        let elements = try read(.string, [text], memory: TestMemory(capacity: 0))
        #expect(try elements.tensor(try Shape([expected.count])).strings?.decoded == expected)
    }

    @Test(arguments: [
        #"[1]"#, #"[{"b64":1}]"#, #"[{"b65":"aGk="}]"#, #"[{}]"#, #"[{"b64":"aGk=","x":1}]"#, #"[{"b64":"a"}]"#,
        #"[{"b64":"aGk=="}]"#, #"[{"b64":"a-k="}]"#, #"[{"b64":"aG k"}]"#, #"[{"b64":"aG\n="}]"#, #"[{"b64":"aGl="}]"#,
        #"[{"b64":"===="}]"#, #"[null]"#,
    ])
    func otherThingsAreNoStrings(_ text: String) {
        #expect(throws: JSONError.self) { try read(.string, [text], memory: TestMemory(capacity: 0)) }
    }
}

@Suite struct NestedWritingTests {
    @Test(arguments: [
        ([], "7.0"), ([1], "[7.0]"), ([2, 2], "[[7.0,8.0],[9.0,10.0]]"), ([2, 0], "[[],[]]"), ([0, 2], "[]"),
        ([1, 2, 2], "[[[7.0,8.0],[9.0,10.0]]]"),
    ])
    func elementsAreNestedByTheShape(_ dimensions: [Int], _ text: String) throws {
        let shape = try Shape(dimensions)
        let tensor = try Tensor(.float32, shape, values: (0..<shape.elementCount).map { Float(7 + $0) })
        var writer = JSONWriter(reserving: 0)
        try writer.nestedData(tensor)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func oneRowCanBeWritten() throws {
        let tensor = try Tensor(.int64, try Shape([2, 2, 1]), values: [1, 2, 3, 4] as [Int64])
        var writer = JSONWriter(reserving: 0)
        try writer.nestedData(tensor, row: 1)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[[3],[4]]")
    }

    @Test func elementsAreWrittenAsTheyAreWrittenFlat() throws {
        let values = [0.1, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 5] as [Double]
        let tensor = try Tensor(.float64, try Shape([7]), values: values)
        var (nested, flat) = (JSONWriter(reserving: 0), JSONWriter(reserving: 0))
        try nested.nestedData(tensor)
        try flat.tensorData(tensor)
        #expect(nested.bytes == flat.bytes)
        let truth = try Tensor(.bool, try Shape([2]), values: [1, 0] as [UInt8])
        var writer = JSONWriter(reserving: 0)
        try writer.nestedData(truth)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[true,false]")
        let half = try Tensor(zeros: .float16, try Shape([1]))
        #expect(throws: TensorError.self) { try writer.nestedData(half) }
    }

    @Test func whatIsNoTextBecomesBase64() throws {
        var strings = StringElements(["a\""])
        func text(_ base64: Bool = false) throws -> String {
            var writer = JSONWriter(reserving: 0)
            try writer.nestedData(try Tensor(try Shape([strings.count]), strings: strings), base64: base64)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        #expect(try text() == #"["a\""]"#)
        #expect(try text(true) == #"[{"b64":"YSI="}]"#)
        strings.append([0xFF, 0xFE, 0xFD] as [UInt8])
        #expect(try text() == #"[{"b64":"YSI="},{"b64":"//79"}]"#)
    }

    @Test func base64ReadsBackAsItself() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
            var (text, back) = ([UInt8](), [UInt8]())
            Base64.encode(bytes, into: &text)
            #expect(text.count % 4 == 0)
            #expect(text.withUnsafeBytes { Base64.decode($0, into: &back) } && back == bytes)
        }
    }
}
