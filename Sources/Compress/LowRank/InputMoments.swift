import Engines
import ModelGraph
import Optimize
import Tensors

/// Second moments `Σ xᵀx` and sums `Σ x` of the rows that arrive at layers, over any number of samples.
///
/// The engine multiplies: the model is run with the products as further outputs, so that what is held of a value is a square
/// of its channels, whatever there is of rows.
struct InputMoments {
    /// A value that layers read.
    struct Wanted: Hashable {
        let name: String
        let size: Int
        /// Whether channels are its second axis, as in pictures, and not its last.
        let isPicture: Bool
    }

    let size: Int
    /// Row-major.
    private(set) var products: [Double]
    private(set) var sums: [Double]
    private(set) var rows = 0
    /// Of the value in a run of one row; of as many as there have to be, where the model says how many.
    private(set) var shape: [Int] = []

    private init(size: Int) {
        self.size = size
        products = [Double](repeating: 0, count: size * size)
        sums = [Double](repeating: 0, count: size)
    }

    private mutating func add(_ square: [Float], _ sum: [Float], rows count: Int, shape: [Int]) throws {
        guard square.count == products.count, sum.count == size, square.allSatisfy(\.isFinite) else {
            throw RuleFault("what arrives at a layer is not finite")
        }
        for (place, value) in square.enumerated() { products[place] += Double(value) }
        for (place, value) in sum.enumerated() { sums[place] += Double(value) }
        rows += count
        if self.shape.isEmpty { self.shape = shape }
    }

    /// Values in groups whose moments fit into so many bytes; a value that does not fit alone is a group by itself.
    static func groups(_ wanted: [Wanted], bytes most: Int) -> [[Wanted]] {
        var groups: [[Wanted]] = []
        var left = 0
        for value in wanted {
            // In double precision here, in single once at the engine and once in what it returns.
            let bytes = 16 * value.size * value.size
            if groups.isEmpty || bytes > left {
                groups.append([])
                left = most
            }
            groups[groups.count - 1].append(value)
            left -= bytes
        }
        return groups
    }

    /// Runs the model on all calibration inputs.
    ///
    /// - Throws: the engine's words, and what the calibration data are refused for.
    static func collected(
        _ model: Model, _ wanted: [Wanted], _ context: RecipeContext
    ) throws -> [Wanted: InputMoments] {
        var found = Dictionary(uniqueKeysWithValues: wanted.map { ($0, InputMoments(size: $0.size)) })
        let session = try context.runner.session(try observed(model, wanted), optimized: true)
        let isOpen = InputFit.fixedBatch(session.signature) == nil
        var seen = 0
        try context.calibration.forEachBatch(of: 8, for: session.signature) { inputs in
            let width = inputs.first?.rowCount ?? 1
            context.progress(RecipeStep("multiplying inputs of layers", done: seen, of: context.calibration.rows))
            seen += width
            let made = try session.run(inputs)
            guard made.count == 3 * wanted.count else { throw RuleFault("the engine left out values") }
            for (place, value) in wanted.enumerated() {
                var shape = made[3 * place + 2].values(as: Int64.self)?.map { Int($0) } ?? []
                let rows = shape.reduce(1, *) / value.size
                if isOpen, let first = shape.first, first.isMultiple(of: width) { shape[0] = first / width }
                try found[value]?.add(
                    made[3 * place].values(as: Float.self) ?? [], made[3 * place + 1].values(as: Float.self) ?? [],
                    rows: rows, shape: shape)
            }
        }
        return found
    }

    /// The model with products, sums and shapes as its outputs, and without what nobody needs for them.
    private static func observed(_ model: Model, _ wanted: [Wanted]) throws -> Model {
        var model = model
        model.graph.outputs = []
        let isListed = model.opset ?? 0 >= 13
        for (number, value) in wanted.enumerated() {
            func name(_ word: String) -> String { "slipway.\(word).\(number)" }
            func constant(_ word: String, _ values: [Int64]) throws {
                model.graph.initializers.append(
                    TensorValue(name(word), try Tensor(.int64, Shape([values.count]), values: values)))
            }
            func node(_ type: String, _ inputs: [String], _ word: String, _ attributes: [Attribute] = []) {
                model.graph.nodes.append(Node(type, inputs, [name(word)], name: name(word), attributes: attributes))
            }
            var source = value.name
            if value.isPicture {
                node("Transpose", [source], "last", [Attribute("perm", .ints([0, 2, 3, 1]))])
                source = name("last")
            }
            try constant("sizes", [-1, Int64(value.size)])
            node("Reshape", [source, name("sizes")], "rows")
            node("Transpose", [name("rows")], "turned", [Attribute("perm", .ints([1, 0]))])
            node("MatMul", [name("turned"), name("rows")], "square")
            let keep = Attribute("keepdims", .int(0))
            if isListed {
                try constant("axis", [0])
                node("ReduceSum", [name("rows"), name("axis")], "sum", [keep])
            } else {
                node("ReduceSum", [name("rows")], "sum", [keep, Attribute("axes", .ints([0]))])
            }
            node("Shape", [value.name], "shape")
            model.graph.outputs += [
                ValueInfo(name("square"), .float32, nil), ValueInfo(name("sum"), .float32, nil),
                ValueInfo(name("shape"), .int64, nil),
            ]
        }
        var editor = GraphEditor(model)
        editor.removeUnused()
        return editor.model
    }
}
