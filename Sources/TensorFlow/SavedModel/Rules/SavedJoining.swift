/// Values put together and taken apart.
enum SavedJoining {
    static let all: [String: SavedRule] = [
        "ConcatV2": concatenate, "Concat": concatenate,
        "Pack": { (call) throws(TensorFlowError) in
            try call.pack(try call.all(), axis: call.node.int("axis") ?? 0)
        },
        "Unpack": { (call) throws(TensorFlowError) in
            try call.unpack(axis: call.node.int("axis") ?? 0, count: call.node.int("num") ?? 0)
        },
        // The axis comes first, then the value.
        "Split": { (call) throws(TensorFlowError) in
            let count = call.node.int("num_split") ?? 0
            try call.split(try call.input(1), axis: try call.integer(0, "axis"), count: count)
        },
        "SplitV": { (call) throws(TensorFlowError) in
            let sizes = try call.integers(1, "sizes")
            try call.split(try call.input(0), axis: try call.integer(2, "axis"), sizes: sizes)
        },
    ]

    /// The axis is the last input, of the older operator the first.
    private static func concatenate(_ call: SavedCall) throws(TensorFlowError) {
        let isOld = call.node.operatorType == "Concat"
        let count = call.inputs.count - 1
        guard count > 0 else { throw .broken("has nothing to put together") }
        var values: [GraphValue] = []
        for place in 0..<count { values.append(try call.input(isOld ? place + 1 : place)) }
        try call.give(try call.concatenated(values, axis: try call.integer(isOld ? 0 : count, "axis")))
    }
}
