import Tensors
import Testing

@testable import Serve

/// TensorFlow Serving's gRPC services; protocols.md 7. Every type in both forms is checked end to end.
@Suite struct PredictionServices {
    private static let path = "/tensorflow.serving.PredictionService/"

    /// A `PredictRequest` for `x` of the doubling model.
    private static func predict(
        shape: [Int] = [1, 4], code: UInt64 = 1, spec: (inout ProtoWriter) -> Void = { _ in },
        elements: (inout ProtoWriter) -> Void
    ) -> [UInt8] {
        var writer = ProtoWriter()
        writer.message(1) { message in
            message.string(1, "digits")
            spec(&message)
        }
        writer.message(2) { entry in
            entry.string(1, "x")
            entry.message(2) { tensor in
                tensor.uint64(1, code)
                tensor.message(2) { sizes in
                    for size in shape { sizes.message(2) { $0.int64(1, Int64(size)) } }
                }
                elements(&tensor)
            }
        }
        return writer.bytes
    }

    private static func floats(_ values: [Float], field: Int = 5) -> (inout ProtoWriter) -> Void {
        { writer in
            writer.tag(field, .bytes)
            writer.varint(UInt64(values.count * 4))
            values.withUnsafeBytes { writer.bytes += $0 }
        }
    }

    /// The numbers of the one output.
    private static func answer(_ reply: FrameClient.Reply) throws -> [Float] {
        let message = try #require(reply.messages.first, "\(reply.headers)")
        let entry = try #require(try TestAnswer.fields(message).first { $0.number == 1 }).value
        let tensor = try #require(try TestAnswer.fields(entry).first { $0.number == 2 }).value
        let packed = try #require(try TestAnswer.fields(tensor).first { $0.number == 5 }).value
        return packed.withUnsafeBytes { bytes in
            (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }

    @Test func bothFormsAndValuesThatStandForMoreAreTaken() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for (elements, expected) in [
                (Self.floats([1, 2, 3, 4]), [2, 4, 6, 8]), (Self.floats([1, 2, 3, 4], field: 4), [2, 4, 6, 8]),
                (Self.floats([1, 2]), [2, 4, 4, 4]), (Self.floats([]), [0, 0, 0, 0]),
            ] as [((inout ProtoWriter) -> Void, [Float])] {
                let reply = try client.call(Self.path + "Predict", Self.predict(elements: elements))
                #expect(try Self.answer(reply) == expected)
            }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func versionsAndLabelsAreHeeded() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            func status(_ spec: @escaping (inout ProtoWriter) -> Void) throws -> Int? {
                try client.call(
                    Self.path + "Predict", Self.predict(spec: spec, elements: Self.floats([1, 2, 3, 4]))
                ).status
            }
            #expect(try status { $0.message(2) { $0.int64(1, 3) } } == 0)
            #expect(try status { $0.message(2) { $0.int64(1, 4) } } == 5)
            #expect(try status { $0.string(4, "stable") } == 0)
            #expect(try status { $0.string(4, "gone") } == 5)
            #expect(try status { $0.string(3, "serving_default") } == 0)
            #expect(try status { $0.string(3, "other") } == 3)
        }
    }

    /// A few bytes must not make the server take much.
    @Test(arguments: [[1 << 40, 4], [1 << 61, 4], [-1, 4], [1, 3]])
    func shapesThatThereIsNoTensorForAreRefused(_ shape: [Int]) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try FrameClient(port: server.port).call(
                Self.path + "Predict", Self.predict(shape: shape, elements: Self.floats([1])))
            #expect(reply.status == 3 && reply.text.contains("x"), "\(reply.headers)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func damagedMessagesAreAnsweredWithErrors() async throws {
        var generator = SystemRandomNumberGenerator()
        let whole = Self.predict(elements: Self.floats([1, 2, 3, 4]))
        let damaged = (0..<300).map { _ in
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            return Array(bytes.prefix(Bool.random() ? bytes.count : Int.random(in: 0..<bytes.count)))
        }
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for method in ["Predict", "Classify", "Regress", "GetModelMetadata"] {
                for bytes in damaged { #expect(try client.call(Self.path + method, bytes).status != nil) }
            }
            #expect(try Self.answer(client.call(Self.path + "Predict", whole)) == [2, 4, 6, 8])
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }
}
