import Tensors

/// A graph of TensorFlow's while nodes are added to it, each under a name of its own.
final class GraphDefBuilder {
    private(set) var nodes: [GraphDefNode] = []
    private var taken: Set<String> = []
    /// The node of the ONNX graph whose operators are being written.
    var source: Int?

    /// Adds a node and gives the name of its first output.
    func add(
        _ operatorType: String, _ inputs: [String], _ name: String,
        _ settings: [(key: String, value: GraphDefNode.Setting)] = []
    ) -> String {
        let name = freshName(name)
        nodes.append(
            GraphDefNode(name: name, operatorType: operatorType, inputs: inputs, settings: settings, source: source))
        return name
    }

    func constant(_ tensor: Tensor, _ name: String) -> String {
        add("Const", [], name, [("dtype", .type(tensor.elementType)), ("value", .tensor(tensor))])
    }

    /// Whole numbers of 32 bits along one axis, or one without axes.
    func integers(_ values: [Int], _ name: String, _ dimensions: [Int]? = nil) throws -> String {
        constant(try .integers(values, dimensions), name)
    }

    /// A name that TensorFlow takes, and that no other node has.
    private func freshName(_ wanted: String) -> String {
        let base = Self.accepted(wanted)
        var name = base
        var number = 1
        // To TensorFlow's tools names are the same that differ in capitals only.
        while !taken.insert(name.lowercased()).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        return name
    }

    /// Letters, digits, dots, dashes and underscores in parts with a slash between them; the first is a letter or digit.
    static func accepted(_ text: String) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { part in
            String(
                decoding: part.map { byte in
                    switch byte {
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"):
                        byte
                    default: UInt8(ascii: "_")
                    }
                }, as: UTF8.self)
        }
        let name = parts.joined(separator: "/")
        return name.first.map { $0.isLetter || $0.isNumber } ?? false ? name : "n\(name)"
    }
}
