import ModelGraph
import Tensors

/// Recurrent layers that converters keep as one operator.
enum RecurrentRules {
    static let all: [String: LiteRule] = ["UNIDIRECTIONAL_SEQUENCE_LSTM": sequence]

    /// Where the inputs are. Source: `unidirectional_sequence_lstm.cc`.
    private enum Place {
        static let weights = 1...4
        static let recurrent = 5...8
        static let peepholes = 9...11
        static let biases = 12...15
        static let projection = 16...17
        static let states = 18...19
        static let normalisation = 20...23
    }

    private static func sequence(_ call: LiteCall) throws(TensorFlowError) {
        let places = Array(Place.peepholes) + Array(Place.projection) + Array(Place.normalisation)
        let options = (
            activation: try call.byte(0), cellClip: try call.float(1), isTimeMajor: try call.flag(3)
        )
        guard places.allSatisfy({ call.optional($0) == nil }), options.activation == 4,
            !(Array(Place.weights).contains { call.optional($0) == nil })
        else {
            throw TensorFlowError(
                "has peepholes, a projection, normalised or coupled gates, or another activation than tanh, "
                    + "none of which is rebuilt here")
        }
        if options.cellClip > 0 {
            call.graph.note(
                "LSTM cells beyond \(options.cellClip) are not cut off, which LiteRT's converter adds to the model")
        }
        let value = try call.input(0)
        guard value.rank == 3, let units = try call.input(Place.recurrent.lowerBound).sizes.first ?? nil else {
            throw .broken("is given \(value.rank) dimensions; expected steps of rows")
        }
        let graph = call.graph
        var steps = try graph.plain(value)
        if !options.isTimeMajor { steps = graph.transposed(steps, [1, 0, 2], call.stem + "_steps") }
        let names = [
            steps, try gates(call, Place.weights), try gates(call, Place.recurrent), try biases(call, units), "",
        ]
        let made = graph.node(
            "LSTM", names + (try states(call)), call.stem + "_states", [Attribute("hidden_size", .int(Int64(units)))])
        var name = graph.node("Squeeze", [made, graph.list([1])], call.stem)
        if !options.isTimeMajor { name = graph.transposed(name, [1, 0, 2], call.stem + "_rows") }
        try call.give(name)
    }

    /// LiteRT has input, forget, cell, output; ONNX input, output, forget, cell.
    private static let order = [0, 3, 1, 2]

    private static func gates(_ call: LiteCall, _ places: ClosedRange<Int>) throws(TensorFlowError) -> String {
        var names: [String] = []
        for gate in order { names.append(try call.plain(places.lowerBound + gate)) }
        let joined = call.graph.node("Concat", names, call.stem + "_gates", [Attribute("axis", .int(0))])
        return call.graph.node("Unsqueeze", [joined, call.graph.list([0])], call.stem + "_weights")
    }

    /// ONNX has a second bias for the state, which is zero here.
    private static func biases(_ call: LiteCall, _ units: Int) throws(TensorFlowError) -> String {
        var names: [String] = []
        for gate in order { names.append(try call.plain(Place.biases.lowerBound + gate)) }
        guard (1...1 << 20).contains(units) else { throw .broken("has \(units) units") }
        let zeros = call.graph.assembly.constant(
            [Float](repeating: 0, count: 4 * units), [4 * units], call.stem + "_zeros")
        let joined = call.graph.node("Concat", names + [zeros], call.stem + "_biases", [Attribute("axis", .int(0))])
        return call.graph.node("Unsqueeze", [joined, call.graph.list([0])], call.stem + "_bias")
    }

    /// States that are variables begin with zeros, which is what ONNX does without any.
    private static func states(_ call: LiteCall) throws(TensorFlowError) -> [String] {
        var names: [String] = []
        for place in Place.states {
            guard let state = call.optional(place) else { return [] }
            names.append(
                call.graph.node("Unsqueeze", [try call.graph.plain(state), call.graph.list([0])], call.stem + "_state"))
        }
        return names
    }
}
