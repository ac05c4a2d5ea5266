package import ModelGraph
import Optimize
package import Tensors

/// What is known of a model before anything is tried.
package struct SearchFacts: Hashable, Sendable {
    /// Of the file.
    package var bytes: Int
    /// Of weights in 32-bit floats: what fewer bits make smaller.
    package var floatBytes: Int
    package var convolutions: Int
    /// `Gemm` and `MatMul` with constant weights.
    package var products: Int
    /// Whether inputs are made up, for want of data.
    package var isGenerated: Bool

    package init(bytes: Int, floatBytes: Int, convolutions: Int, products: Int, isGenerated: Bool = false) {
        self.bytes = bytes
        self.floatBytes = floatBytes
        self.convolutions = convolutions
        self.products = products
        self.isGenerated = isGenerated
    }

    /// Whether products prevail.
    var isTransformer: Bool { products > 2 * convolutions }

    /// - Throws: `GraphError` over 2 GB.
    package init(_ model: Model, isGenerated: Bool) throws {
        let constants = Dictionary(
            model.graph.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let floats = constants.values.filter { $0.elementType == .float32 }.reduce(0) { $0 + ($1.byteCount ?? 0) }
        let nodes = model.graph.nodes
        self.init(
            bytes: try ModelFigures(model).bytes, floatBytes: floats,
            convolutions: nodes.count { $0.operatorType.hasPrefix("Conv") },
            products: nodes.count { node in
                ["Gemm", "MatMul"].contains(node.operatorType)
                    && node.inputs.contains { constants[$0]?.elementType == .float32 }
            }, isGenerated: isGenerated)
    }

    /// Fewer bytes than this a recipe cannot reach, however well it goes; scales and nodes come on top of it.
    package func leastBytes(_ list: RecipeList) -> Int {
        var share = 1.0
        for part in list.parts {
            switch part.name {
            case "int8", "int8-dynamic", "int8-weights": share *= 0.25
            case "fp16": share *= 0.5
            case "int4-weights": share *= 0.125
            // What is left of an axis is at least a quarter.
            case "prune": share *= part.share.map { max(1.0 / 16, (1 - $0) * (1 - $0)) } ?? 1.0 / 16
            default: break
            }
        }
        // A recipe that is not known here may do anything.
        let known: Set = [
            "passes", "int8", "int8-dynamic", "int8-weights", "fp16", "int4-weights", "prune", RecipePart.engine,
        ]
        guard list.parts.allSatisfy({ known.contains($0.name) }) else { return 0 }
        return max(0, bytes - floatBytes) * 9 / 10 + Int(Double(floatBytes) * share)
    }

    package var json: JSONValue {
        .object([
            ("bytes", .integer(bytes)), ("floatBytes", .integer(floatBytes)), ("convolutions", .integer(convolutions)),
            ("products", .integer(products)), ("generated", .bool(isGenerated)),
        ])
    }

    package init?(json: JSONValue?) {
        guard let json, let bytes = json["bytes"]?.intValue, let floatBytes = json["floatBytes"]?.intValue,
            let convolutions = json["convolutions"]?.intValue, let products = json["products"]?.intValue
        else { return nil }
        self.init(
            bytes: bytes, floatBytes: floatBytes, convolutions: convolutions, products: products,
            isGenerated: json["generated"]?.boolValue ?? false)
    }
}
