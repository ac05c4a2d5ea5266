import ModelGraph
import Tensors

/// Recurrent layers: one ONNX node for each layer, both directions in one.
enum RecurrentOperators {
    static let table: [String: OperatorRule] = [
        "lstm": { try recurrent($0, .lstm) }, "gru": { try recurrent($0, .gru) },
        "rnn_tanh": { try recurrent($0, .tanh) }, "rnn_relu": { try recurrent($0, .relu) },
    ]

    enum Kind {
        case lstm, gru, tanh, relu

        var type: String { self == .lstm ? "LSTM" : self == .gru ? "GRU" : "RNN" }

        /// Where PyTorch has each gate that ONNX wants: of i, f, g, o the order i, o, f, g; of r, z, n the order z, r, n.
        var order: [Int] {
            switch self {
            case .lstm: [0, 3, 1, 2]
            case .gru: [1, 0, 2]
            case .tanh, .relu: [0]
            }
        }
    }

    private static func recurrent(_ call: OperatorCall, _ kind: Kind) throws(TorchError) -> [ProgramValue] {
        call.ignore("dropout")
        guard try !call.bool("train") else {
            throw call.refusal("is in training: call model.eval() before it is exported")
        }
        var value = try call.tensor("input")
        let parameters = try call.tensors("params")
        let (layers, hasBiases) = (try call.int("num_layers"), try call.bool("has_biases"))
        let directions = try call.bool("bidirectional") ? 2 : 1
        let each = hasBiases ? 4 : 2
        guard value.rank == 3, layers > 0, layers <= 64, parameters.count == layers * directions * each else {
            throw call.refusal("is given rank \(value.rank) and \(parameters.count) weights")
        }
        let states = kind == .lstm ? try call.tensors("hx") : [try call.tensor("hx")]
        guard states.count == (kind == .lstm ? 2 : 1) else { throw call.refusal("is given \(states.count) states") }
        let isBatchFirst = try call.bool("batch_first")
        if isBatchFirst { value = try call.make("Transpose", [value], [.ints("perm", [1, 0, 2])]) }
        var last: [[ProgramTensor]] = []
        for layer in 0..<layers {
            let from = layer * directions
            let made = try self.layer(
                call, kind, value, states, from, directions,
                Array(parameters[(from * each)..<((from + directions) * each)]), hasBiases)
            value = made[0]
            last.append(Array(made.dropFirst()))
        }
        if isBatchFirst { value = try call.make("Transpose", [value], [.ints("perm", [1, 0, 2])]) }
        var results: [ProgramValue] = [.tensor(value)]
        for place in states.indices {
            let parts = last.map { $0[place] }
            results.append(.tensor(parts.count == 1 ? parts[0] : try call.make("Concat", parts, [.int("axis", 0)])))
        }
        return results
    }

    private static func layer(
        _ call: OperatorCall, _ kind: Kind, _ value: ProgramTensor, _ states: [ProgramTensor], _ from: Int,
        _ directions: Int, _ parameters: [ProgramTensor], _ hasBiases: Bool
    ) throws(TorchError) -> [ProgramTensor] {
        let each = hasBiases ? 4 : 2
        var (inputs, hiddens, biases): ([ProgramTensor], [ProgramTensor], [ProgramTensor]) = ([], [], [])
        for direction in 0..<directions {
            let own = Array(parameters[(direction * each)..<((direction + 1) * each)])
            inputs.append(try gates(own[0], kind, call))
            hiddens.append(try gates(own[1], kind, call))
            if hasBiases {
                let both = [try gates(own[2], kind, call), try gates(own[3], kind, call)]
                biases.append(try call.make("Concat", both, [.int("axis", 1)]))
            }
        }
        guard let hidden = hiddens[0].sizes.last?.size else { throw call.refusal("has weights of unknown size") }
        var operands: [ProgramTensor?] = [
            value, try joined(inputs, call), try joined(hiddens, call), hasBiases ? try joined(biases, call) : nil, nil,
        ]
        for state in states { operands.append(try part(state, from, directions, call)) }
        var attributes: [Attribute] = [
            .int("hidden_size", hidden), .text("direction", directions == 2 ? "bidirectional" : "forward"),
        ]
        if kind == .gru { attributes.append(.int("linear_before_reset", 1)) }
        if kind == .relu {
            attributes.append(Attribute("activations", .strings(Array(repeating: ByteView("Relu"), count: directions))))
        }
        var made = try call.makeSeveral(
            kind.type, names: operands.map { $0?.name ?? "" }, count: kind == .lstm ? 3 : 2, attributes)
        // [steps, directions, batch, hidden] to [steps, batch, directions * hidden].
        let turned = try call.make("Transpose", [made[0]], [.ints("perm", [0, 2, 1, 3])])
        made[0] = try call.make("Reshape", names: [turned.name, call.graph.list([0, 0, directions * hidden])])
        return made
    }

    /// Weights with their gates in ONNX's order, and an axis for the direction before them.
    private static func gates(
        _ weight: ProgramTensor, _ kind: Kind, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        guard weight.rank >= 1, let rows = weight.sizes[0].size, rows % kind.order.count == 0,
            let count = weight.elementCount,
            rows > 0, let bytes = call.graph.constantBytes(weight), bytes.count == count * weight.type.bitWidth / 8
        else { throw call.refusal("has weights that are no constants") }
        let size = bytes.count / kind.order.count
        var ordered: [UInt8] = []
        ordered.reserveCapacity(bytes.count)
        bytes.withUnsafeBytes { source in
            for gate in kind.order { ordered.append(contentsOf: source[(gate * size)..<((gate + 1) * size)]) }
        }
        let sizes = [1] + weight.sizes.compactMap(\.size)
        return call.graph.constant(weight.type, sizes, ByteView(copying: ordered), weight.name + "_gates")
    }

    private static func joined(_ parts: [ProgramTensor], _ call: OperatorCall) throws(TorchError) -> ProgramTensor {
        parts.count == 1 ? parts[0] : try call.make("Concat", parts, [.int("axis", 0)])
    }

    private static func part(
        _ state: ProgramTensor, _ from: Int, _ count: Int, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        if state.sizes.first?.size == count { return state }
        let graph = call.graph
        return try call.make(
            "Slice",
            names: [state.name, graph.list([from]), graph.list([from + count]), graph.list([0]), graph.list([1])])
    }
}
