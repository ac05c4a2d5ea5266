import ModelGraph
import Tensors
import Testing

/// Fields of newer files come back byte for byte, in whatever message they are.
@Suite struct UnknownFieldTests {
    /// A number, a string, and a message that no version has.
    private static func unknown(_ writer: inout WireWriter) {
        writer.int64(900, 7)
        writer.string(901, "later")
        writer.nested(902) { $0.int64(1, 1) }
    }

    private static func declaredType(_ writer: inout WireWriter) {
        writer.nested(1) { tensor in
            tensor.int64(1, 1)
            tensor.nested(2) { shape in
                shape.nested(1) { dimension in
                    dimension.int64(1, 2)
                    unknown(&dimension)
                }
                unknown(&shape)
            }
            unknown(&tensor)
        }
        unknown(&writer)
    }

    private static func tensor(_ writer: inout WireWriter, name: String, external: Bool = false) {
        writer.int64(1, 2)
        writer.int64(2, 1)
        writer.string(8, name)
        if external {
            writer.nested(13) { entry in
                entry.string(1, "location")
                entry.string(2, "weights.bin")
                unknown(&entry)
            }
            writer.int64(14, 1)
        } else {
            writer.view(9, ByteView(copying: [0, 0, 0, 0, 0, 0, 128, 63]))
        }
        unknown(&writer)
    }

    private static func entry(_ writer: inout WireWriter) {
        writer.string(1, "key")
        writer.string(2, "value")
        unknown(&writer)
    }

    private static func value(_ writer: inout WireWriter, _ name: String) {
        writer.string(1, name)
        writer.nested(2, declaredType)
        writer.nested(4, entry)
        unknown(&writer)
    }

    private static func node(_ writer: inout WireWriter, depth: Int) {
        writer.string(1, "x")
        writer.string(2, "y")
        writer.string(3, "name")
        writer.string(4, "If")
        let kinds: [(field: Int, kind: Int64, (inout WireWriter) -> Void)] = [
            (5, 4, { tensor(&$0, name: "t") }), (6, 5, { graph(&$0, depth: depth - 1) }), (22, 11, sparse),
            (14, 13, declaredType),
        ]
        for (field, kind, body) in kinds where depth > 0 || field != 6 {
            writer.nested(5) { attribute in
                attribute.string(1, "a\(field)")
                // The kind is field 20: after the values below it, before those above.
                if field < 20 { attribute.nested(field, body) }
                attribute.int64(20, kind)
                if field > 20 { attribute.nested(field, body) }
                unknown(&attribute)
            }
        }
        writer.nested(9, entry)
        unknown(&writer)
    }

    private static func sparse(_ writer: inout WireWriter) {
        writer.nested(1) { tensor(&$0, name: "values") }
        writer.nested(2) { tensor(&$0, name: "places") }
        writer.int64(3, 9)
        unknown(&writer)
    }

    private static func graph(_ writer: inout WireWriter, depth: Int) {
        writer.nested(1) { node(&$0, depth: depth) }
        writer.string(2, "graph")
        writer.nested(5) { tensor(&$0, name: "w") }
        writer.nested(5) { tensor(&$0, name: "e", external: true) }
        for field in [11, 12, 13] { writer.nested(field) { value(&$0, "v\(field)") } }
        writer.nested(14) { annotation in
            annotation.string(1, "w")
            annotation.nested(2, entry)
            unknown(&annotation)
        }
        writer.nested(15, sparse)
        writer.nested(16, entry)
        unknown(&writer)
    }

    private static func opset(_ writer: inout WireWriter) {
        writer.string(1, "")
        writer.int64(2, 17)
        unknown(&writer)
    }

    private static func function(_ writer: inout WireWriter) {
        writer.string(1, "f")
        writer.string(4, "x")
        writer.string(5, "y")
        writer.nested(7) { node(&$0, depth: 1) }
        writer.nested(9, opset)
        writer.string(10, "local")
        writer.nested(14, entry)
        unknown(&writer)
    }

    private static var everything: [UInt8] {
        var writer = WireWriter()
        writer.int64(1, 10)
        writer.nested(7) { graph(&$0, depth: 2) }
        writer.nested(8, opset)
        writer.nested(14, entry)
        writer.nested(20) { training in
            training.nested(1) { graph(&$0, depth: 0) }
            training.nested(3, entry)
            unknown(&training)
        }
        writer.nested(25, function)
        unknown(&writer)
        return writer.encoded
    }

    @Test func everyMessageKeepsThem() throws {
        let bytes = Self.everything
        #expect(bytes.count > 2000)
        #expect(try Model.read(bytes: bytes).encoded() == bytes)
    }

    @Test func anEditElsewhereKeepsThem() throws {
        var model = try Model.read(bytes: Self.everything)
        model.graph.nodes.append(Node("Relu", ["y"], ["z"]))
        let again = try Model.read(bytes: model.encoded())
        #expect(again.graph.nodes[0] == model.graph.nodes[0])
        #expect(
            again.graph.nodes[0].unknownFields == (try Model.read(bytes: Self.everything)).graph.nodes[0].unknownFields)
        model.graph.nodes.removeLast()
        #expect(try model.encoded() == Self.everything)
    }
}
