import Tensors
import Testing

@testable import Comparing

@Suite struct RecordedRequestsTests {
    private static func row(_ values: [Float]) throws -> Tensor {
        try Tensor(.float32, Shape([1, values.count]), values: values)
    }

    @Test func requestsComeBackAsTheyWere() throws {
        let words = try Tensor(Shape([2]), strings: StringElements(["red", "blau"]))
        let requests: [[(name: String, tensor: Tensor)]] = [
            [("pixels", try Self.row([1, 2])), ("colour", words)],
            [("pixels", try Self.row([3, 4, 5]))],
            [("a.b/c", try Self.row([6]))],
        ]
        let bytes = try #require(RecordedRequests.encode(requests))
        let read = try RecordedRequests.requests(of: NPZ.read(bytes, limits: RecordedRequests.limits))
        #expect(read.count == 3)
        #expect(read[0]["pixels"]?.values(as: Float.self) == [1, 2])
        #expect(read[0]["colour"]?.strings?.decoded == ["red", "blau"])
        #expect(read[1].keys.sorted() == ["pixels"])
        #expect(read[1]["pixels"]?.shape.dimensions == [1, 3])
        #expect(read[2]["a.b/c"]?.values(as: Float.self) == [6])
    }

    @Test(arguments: [
        ["pixels"], ["x.pixels"], ["-1.pixels"], ["1.pixels"], ["0.pixels", "2.pixels"],
        ["999999999999999999999.pixels"],
        ["0.pixels", "256.pixels"], ["0.pixels", "00.pixels"],
    ])
    func whatIsNoRecordingIsRefused(names: [String]) throws {
        let arrays = try names.map { ($0, try Self.row([1])) }
        #expect(throws: TensorError.self) { try RecordedRequests.requests(of: arrays) }
    }

    @Test func whatNumPyDoesNotHoldIsNotRecorded() throws {
        let tensor = try Tensor(.bfloat16, Shape([1]), values: [1] as [UInt16])
        #expect(RecordedRequests.encode([[("x", tensor)]]) == nil)
    }

    @Test func inputsAreShownShortened() throws {
        let wide = try Tensor(.float32, Shape([2, 70]), values: (0..<140).map { Float($0) })
        let texts = try Tensor(Shape([2]), strings: StringElements(["a", String(repeating: "b", count: 500)]))
        let json = InputText.json([("x", wide), ("t", texts)], row: 1, of: 2)
        let x = json["x"]?.arrayValue ?? []
        #expect(x.count == 65 && x[0].doubleValue == 70 && x[64].stringValue == "… 6 more")
        #expect(json["t"]?.arrayValue?.first?.stringValue?.utf8.count == 80)
        let whole = InputText.json([("x", wide)], row: 0, of: nil)
        #expect(whole["x"]?.arrayValue?.count == 65)
    }
}
