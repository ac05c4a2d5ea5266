/// Values put together and taken apart.
enum JoiningRules {
    static let all: [String: LiteRule] = [
        "CONCATENATION": { (call) throws(TensorFlowError) in
            try call.give(
                try call.concatenated(try call.all(), axis: try call.integer(0)), activation: try call.byte(1))
        },
        "PACK": { (call) throws(TensorFlowError) in try call.pack(try call.all(), axis: try call.integer(1)) },
        "UNPACK": { (call) throws(TensorFlowError) in
            try call.unpack(axis: try call.integer(1), count: call.outputs.count)
        },
        // The axis comes first, then the value.
        "SPLIT": { (call) throws(TensorFlowError) in
            try call.split(try call.input(1), axis: try call.integer(0, "axis"), count: call.outputs.count)
        },
        "SPLIT_V": { (call) throws(TensorFlowError) in
            let sizes = try call.integers(1, "sizes")
            guard sizes.count == call.outputs.count else {
                throw .broken("has \(sizes.count) sizes for \(call.outputs.count) parts")
            }
            try call.split(try call.input(0), axis: try call.integer(2, "axis"), sizes: sizes)
        },
    ]
}
