import ModelGraph
import Optimize
import Tensors

/// A layer that is linear in what it reads, with constant weights that nothing else reads: what can be refitted.
struct LinearLayer {
    /// How its inputs lie.
    enum Form {
        /// Pictures, windows of which are the inputs.
        case windows(kernel: [Int], strides: [Int], pads: [Int], dilations: [Int])
        /// Rows.
        case rows
    }

    let node: Int
    let form: Form
    let source: String
    let weights: String
    /// The axis of the weights along which outputs are made.
    let outputAxis: Int
    /// What adds to each output, where it is: the node, its input, and the constant.
    let bias: (node: Int, input: Int, name: String)?
    /// Whether a bias can be given.
    let takesBias: Bool
    /// The value that is compared: with the bias added.
    let value: String
    let inputs: Int
    let outputs: Int
    let isTurned: Bool

    /// - Throws: `RuleFault` with what keeps it from being refitted.
    init(_ node: Int, _ view: GraphView) throws {
        self.node = node
        let this = view.nodes[node]
        source = this.input(0)
        weights = this.input(1)
        guard let constant = view.constant(weights), constant.elementType == .float32,
            view.readers(of: weights).count == 1
        else { throw RuleFault("its weights are shared, or not of 32 bits") }
        let sizes = constant.dimensions.map { Int($0) }
        switch view.standardOperator(node) {
        case "Conv":
            form = try Self.windows(this, sizes)
            (outputAxis, isTurned) = (0, true)
            (inputs, outputs) = (sizes[1] * sizes[2] * sizes[3], sizes[0])
            (value, takesBias) = (this.output(0), true)
            bias = this.input(2).isEmpty ? nil : (node, 2, this.input(2))
        case "Gemm":
            guard this.int("transA") ?? 0 == 0, this.float("alpha") ?? 1 == 1, this.float("beta") ?? 1 == 1 else {
                throw RuleFault("it is a product with factors")
            }
            isTurned = this.int("transB") == 1
            form = .rows
            outputAxis = isTurned ? 0 : 1
            (inputs, outputs) = isTurned ? (sizes[1], sizes[0]) : (sizes[0], sizes[1])
            (value, takesBias) = (this.output(0), true)
            bias = this.input(2).isEmpty ? nil : (node, 2, this.input(2))
        case "MatMul" where sizes.count == 2:
            (form, isTurned, outputAxis) = (.rows, false, 1)
            (inputs, outputs) = (sizes[0], sizes[1])
            bias = Self.summand(after: node, outputs, view)
            value = bias.map { view.nodes[$0.node].output(0) } ?? this.output(0)
            takesBias = bias != nil
        default: throw RuleFault("it is not refitted")
        }
    }

    private static func windows(_ node: Node, _ sizes: [Int]) throws -> Form {
        guard sizes.count == 4, node.int("group") ?? 1 == 1 else { throw RuleFault("it has groups, or no pictures") }
        guard ["", "NOTSET"].contains(node.text("auto_pad") ?? "") else { throw RuleFault("its padding is not said") }
        return .windows(
            kernel: Array(sizes[2...]), strides: node.ints("strides") ?? [1, 1],
            pads: node.ints("pads") ?? [0, 0, 0, 0],
            dilations: node.ints("dilations") ?? [1, 1])
    }

    /// The constant that the only reader of a product adds to it.
    private static func summand(
        after node: Int, _ outputs: Int, _ view: GraphView
    ) -> (node: Int, input: Int, name: String)? {
        let product = view.nodes[node].output(0)
        guard let reader = view.onlyReader(of: product), view.standardOperator(reader) == "Add",
            let place = view.nodes[reader].inputs.firstIndex(where: { $0 != product }),
            let constant = view.constant(view.nodes[reader].inputs[place]), constant.dimensions == [Int64(outputs)],
            constant.elementType == .float32, view.onlyReader(of: constant.name) != nil
        else { return nil }
        return (reader, place, constant.name)
    }

    // MARK: - Weights

    /// `[inputs, outputs]`, row-major.
    func matrix(_ tensor: Tensor) throws -> [Double] {
        let values = try tensor.floats().map(Double.init)
        return isTurned ? turned(values, rows: outputs, columns: inputs) : values
    }

    func tensor(_ matrix: [Double], like old: Tensor) throws -> Tensor {
        let values = isTurned ? turned(matrix, rows: inputs, columns: outputs) : matrix
        return try Tensor(.float32, old.shape, values: values.map { Float($0) })
    }

    private func turned(_ values: [Double], rows: Int, columns: Int) -> [Double] {
        (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] }
    }

    // MARK: - Samples

    /// How many samples one row of a batch gives.
    func positions(_ output: Shape) -> Int {
        switch form {
        case .windows: output.dimensions.count == 4 ? output.dimensions[2] * output.dimensions[3] : 0
        case .rows: output.elementCount / max((output.dimensions.first ?? 1) * max(output.dimensions.last ?? 1, 1), 1)
        }
    }

    /// Calls `body` with inputs and outputs of the samples for which `wants` is true.
    ///
    /// - Parameter kept: the outputs that are still there, as places in `after`.
    func forEachSample(
        _ before: Tensor, _ after: Tensor, kept: [Int], wants: (_ row: Int) -> Bool,
        _ body: (_ row: Int, _ input: [Float], _ output: [Float]) -> Void
    ) throws {
        let (x, y) = (try before.floats(), try after.floats())
        guard let rows = before.shape.dimensions.first, let whole = after.shape.dimensions.last, rows > 0 else {
            return
        }
        var input = [Float](repeating: 0, count: inputs)
        switch form {
        case .rows:
            for sample in 0..<(y.count / max(whole, 1)) {
                let row = sample / max(1, y.count / max(whole, 1) / rows)
                guard wants(row), (sample + 1) * inputs <= x.count else { continue }
                for index in 0..<inputs { input[index] = x[sample * inputs + index] }
                body(row, input, kept.map { y[sample * whole + $0] })
            }
        case .windows(let kernel, let strides, let pads, let dilations):
            let (sizes, made) = (before.shape.dimensions, after.shape.dimensions)
            guard sizes.count == 4, made.count == 4, sizes[1] * kernel[0] * kernel[1] == inputs else {
                throw RuleFault("it reads another shape than its weights")
            }
            let plane = made[2] * made[3]
            for row in 0..<rows {
                for place in 0..<plane where wants(row) {
                    let top = place / made[3] * strides[0] - pads[0]
                    let left = place % made[3] * strides[1] - pads[1]
                    var index = 0
                    for channel in 0..<sizes[1] {
                        let base = (row * sizes[1] + channel) * sizes[2]
                        for y in 0..<kernel[0] {
                            let vertical = top + y * dilations[0]
                            for z in 0..<kernel[1] {
                                let horizontal = left + z * dilations[1]
                                let isInside =
                                    vertical >= 0 && vertical < sizes[2] && horizontal >= 0 && horizontal < sizes[3]
                                input[index] = isInside ? x[(base + vertical) * sizes[3] + horizontal] : 0
                                index += 1
                            }
                        }
                    }
                    body(row, input, kept.map { y[(row * made[1] + $0) * plane + place] })
                }
            }
        }
    }
}
