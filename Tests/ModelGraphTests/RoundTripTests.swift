import Glibc
import ModelGraph
import Tensors
import Testing

/// What is read and written back is the same.
@Suite struct RoundTripTests {
    @Test(arguments: Fixture.allCases)
    func fixturesComeBackByteForByte(fixture: Fixture) throws {
        #expect(try fixture.model().encoded() == fixture.bytes())
    }

    @Test(arguments: Fixture.allCases)
    func streamedFilesEqualEncodedOnes(fixture: Fixture) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/copy.onnx"
        try fixture.model().write(to: path)
        #expect(try fileBytes(path) == fixture.bytes())
        #expect(try folder.names() == ["copy.onnx"])
    }

    @Test func aModelCanBeWrittenOverItsOwnFile() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.onnx"
        try large().write(to: path)
        var model = try Model.read(path: path)
        model.documentation = "edited"
        try model.write(to: path)
        #expect(try Model.read(path: path) == model)
    }

    @Test func weightsAreViewsIntoTheFile() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.onnx"
        try large().write(to: path)
        let buffer = try MappedFile(path: path, maximumBytes: 1 << 20).buffer
        let model = try Model.read(buffer)
        guard case .raw(let view)? = model.graph.initializers.first?.elements else {
            Issue.record("expected raw data")
            return
        }
        #expect(view.buffer === buffer)
    }

    @Test func unknownFieldsSurviveWhereTheyWere() throws {
        // Field 1000 in the model, its graph, a node and a tensor.
        func unknown(_ writer: inout WireWriter) { writer.int64(1000, 7) }
        var writer = WireWriter()
        writer.int64(1, 8)
        writer.nested(7) { graph in
            graph.nested(1) { node in
                node.string(4, "Relu")
                unknown(&node)
            }
            graph.nested(5) { tensor in
                tensor.int64(2, 1)
                unknown(&tensor)
            }
            unknown(&graph)
        }
        unknown(&writer)
        let model = try Model.read(bytes: writer.encoded)
        #expect(try model.encoded() == writer.encoded)
        #expect(!model.graph.nodes[0].unknownFields.isEmpty)
        #expect(!model.graph.initializers[0].unknownFields.isEmpty)
    }

    @Test func packedAndUnpackedNumbersMeanTheSame() throws {
        func model(_ body: (inout WireWriter) -> Void) throws -> Model {
            var writer = WireWriter()
            writer.nested(7) { $0.nested(5) { body(&$0) } }
            return try Model.read(bytes: writer.encoded)
        }
        let unpacked = try model { tensor in
            for dimension: Int64 in [2, 3] { tensor.int64(1, dimension) }
            for value: Int64 in [-1, 300] { tensor.int64(7, value) }
        }
        let packed = try model { tensor in
            tensor.nested(1) { for dimension: UInt64 in [2, 3] { $0.varint(dimension) } }
            tensor.nested(7) { $0.varint(UInt64(bitPattern: -1)) }
            tensor.nested(7) { $0.varint(300) }
        }
        #expect(packed == unpacked)
    }

    @Test func aFieldOfTheWrongEncodingIsRefused() {
        var writer = WireWriter()
        writer.string(1, "8")
        #expect { try Model.read(bytes: writer.encoded) } throws: { "\($0)".contains("field 1 is encoded as bytes") }
    }

    @Test func twoGraphsAreRefused() {
        var writer = WireWriter()
        writer.nested(7) { _ in }
        writer.nested(7) { _ in }
        #expect { try Model.read(bytes: writer.encoded) } throws: { "\($0)".contains("field 7 occurs twice") }
    }

    @Test(arguments: [[], Array("not a model".utf8), [0x08, 0x08]] as [[UInt8]])
    func whatIsNoModelIsRefused(bytes: [UInt8]) {
        #expect { try Model.read(bytes: bytes) } throws: { ($0 as? GraphError)?.code == .malformed }
    }

    @Test func namesThatAreNotUTF8AreRefusedButDocumentationIsRepaired() throws {
        var named = WireWriter()
        named.view(2, ByteView(copying: [0xff]))
        #expect { try Model.read(bytes: named.encoded) } throws: { "\($0)".contains("not UTF-8") }

        var documented = WireWriter()
        documented.view(6, ByteView(copying: [0x61, 0xff]))
        documented.nested(7) { _ in }
        #expect(try Model.read(bytes: documented.encoded).documentation == "a\u{fffd}")
    }

    /// A model with a weight long enough to be spliced in, not copied.
    private func large() throws -> Model {
        var model = try Sample.dense()
        let values = (0..<4096).map(Float.init)
        model.graph.initializers[0] = TensorValue("w", try Tensor(.float32, Shape([4, 1024]), values: values))
        return model
    }
}
