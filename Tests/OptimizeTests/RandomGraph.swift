import ModelGraph
import Tensors

/// Valid graphs of random operators: chains over pictures with branches, and everything that passes look for among them.
struct RandomGraph {
    private var generator: Seeded
    private var nodes: [Node] = []
    private var constants: [TensorValue] = []
    /// Values of shape `[N, channels, 6, 6]`, with their channels.
    private var values: [(name: String, channels: Int)] = [("x", 4)]
    private var count = 0

    private init(seed: UInt64) { generator = Seeded(seed: seed) }

    /// A model with one input, `size` random steps, and one or two outputs.
    static func model(seed: UInt64, size: Int = 14) throws -> Model {
        var graph = RandomGraph(seed: seed)
        for _ in 0..<size { try graph.step() }
        return graph.finished()
    }

    private mutating func fresh(_ base: String) -> String {
        count += 1
        return "\(base)\(count)"
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    private mutating func constant(_ dimensions: [Int], _ range: ClosedRange<Float> = -1...1) throws -> String {
        let name = fresh("k")
        // Now and then one that is there already, so that weights can be shared.
        let seed = UInt64.random(in: 0..<3, using: &generator)
        var value = try Made.floats("constant", dimensions, seed: seed, from: range.lowerBound, to: range.upperBound)
        value.name = name
        constants.append(value)
        return name
    }

    private mutating func add(
        _ type: String, _ inputs: [String], channels: Int, _ attributes: [Attribute] = []
    ) {
        let output = fresh("v")
        nodes.append(Node(type, inputs, [output], name: fresh("n"), attributes: attributes))
        values.append((output, channels))
    }

    private mutating func step() throws {
        let (input, channels) = pick(Array(values.suffix(4)))
        switch Int.random(in: 0..<15, using: &generator) {
        case 0, 1: try convolution(input, channels)
        case 2, 3: try normalization(input, channels)
        case 4: add("Identity", [input], channels: channels)
        case 5: add("Dropout", [input], channels: channels)
        case 6: add(pick(["Relu", "Sigmoid", "Tanh", "Neg", "Abs"]), [input], channels: channels)
        case 7: add("Relu", [input], channels: channels)
        case 8: try arithmetic(input, channels)
        case 9: transposed(input, channels)
        case 10: sum(input, channels)
        case 11: try shapeOfItself(input, channels)
        case 12: try padded(input, channels)
        case 13: try computedConstant(input, channels)
        default: add("Cast", [input], channels: channels, [Attribute("to", .int(1))])
        }
    }

    private mutating func convolution(_ input: String, _ channels: Int) throws {
        let made = pick([2, 4])
        let weights = try constant([made, channels, 3, 3], -0.4...0.4)
        let isBiased = Bool.random(using: &generator)
        let inputs = [input, weights] + (isBiased ? [try constant([made])] : [])
        add("Conv", inputs, channels: made, [Attribute("pads", .ints([1, 1, 1, 1]))])
    }

    private mutating func normalization(_ input: String, _ channels: Int) throws {
        let parameters = [
            try constant([channels], 0.5...1.5), try constant([channels]), try constant([channels]),
            try constant([channels], 0.5...2),
        ]
        add("BatchNormalization", [input] + parameters, channels: channels)
    }

    private mutating func arithmetic(_ input: String, _ channels: Int) throws {
        let operand = try constant(pick([[1], [channels, 1, 1], [1, channels, 1, 1], [6], [6, 6]]), 0.5...2)
        let isFirst = Bool.random(using: &generator)
        add(pick(["Mul", "Add", "Sub"]), isFirst ? [operand, input] : [input, operand], channels: channels)
    }

    private mutating func transposed(_ input: String, _ channels: Int) {
        add("Transpose", [input], channels: channels, [Attribute("perm", .ints([0, 2, 3, 1]))])
        let turned = values.removeLast().name
        if Bool.random(using: &generator) {
            add("Relu", [turned], channels: channels)
            let changed = values.removeLast().name
            return add("Transpose", [changed], channels: channels, [Attribute("perm", .ints([0, 3, 1, 2]))])
        }
        add("Transpose", [turned], channels: channels, [Attribute("perm", .ints([0, 3, 1, 2]))])
    }

    private mutating func sum(_ input: String, _ channels: Int) {
        let others = values.filter { $0.channels == channels }.map(\.name)
        add("Sum", [input, pick(others)] + (Bool.random(using: &generator) ? [input] : []), channels: channels)
        // What is added up again and again would grow beyond what rounding can be told from.
        let grown = values.removeLast().name
        add("Tanh", [grown], channels: channels)
    }

    private mutating func shapeOfItself(_ input: String, _ channels: Int) throws {
        let shape = fresh("s")
        nodes.append(Node("Shape", [input], [shape]))
        add("Reshape", [input, shape], channels: channels)
    }

    private mutating func padded(_ input: String, _ channels: Int) throws {
        let pads = fresh("p")
        constants.append(try Made.ints(pads, [0, 0, 1, 1, 0, 0, 1, 1]))
        add("Pad", [input, pads], channels: channels)
        let wide = values.removeLast().name
        add("Conv", [wide, try constant([4, channels, 3, 3], -0.4...0.4)], channels: 4)
    }

    private mutating func computedConstant(_ input: String, _ channels: Int) throws {
        let made = fresh("c")
        nodes.append(Node("Exp", [try constant([channels, 1, 1])], [made]))
        add("Mul", [input, made], channels: channels)
    }

    private mutating func finished() -> Model {
        let last = values[values.count - 1].name
        nodes.append(Node("Identity", [last], ["y"]))
        let extra = values.count > 3 && Bool.random(using: &generator) ? [values[values.count / 2].name] : []
        let outputs = extra.filter { $0 != "x" }.map { ValueInfo($0, .float32, nil) }
        return Made.model([.symbol("N"), .fixed(4), .fixed(6), .fixed(6)], nodes, constants, outputs: outputs)
    }
}
