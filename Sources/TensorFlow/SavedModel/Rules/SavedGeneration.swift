import ModelGraph
import Tensors

/// Values made from sizes and numbers.
enum SavedGeneration {
    static let all: [String: SavedRule] = [
        "Fill": fill, "ZerosLike": alike(0), "OnesLike": alike(1), "Range": range, "OneHot": oneHot, "Where": places,
        "MatrixBandPart": band,
    ]

    private static func fill(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Expand", [try call.plain(1), try call.sizes(0)], call.stem))
    }

    private static func alike(_ number: Float) -> SavedRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let shape = call.graph.node("Shape", [try call.graph.plain(value)], call.stem + "_shape")
            try call.give(call.graph.node("Expand", [call.number(number, value.type), shape], call.stem))
        }
    }

    private static func range(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(
            call.graph.node("Range", [try call.plain(0), try call.plain(1), try call.plain(2)], call.stem))
    }

    private static func oneHot(_ call: SavedCall) throws(TensorFlowError) {
        let graph = call.graph
        var numbers: [String] = []
        // Off comes first in ONNX.
        for place in [3, 2] { numbers.append(graph.reshaped(try call.plain(place), [1], call.stem + "_number")) }
        let values = graph.node("Concat", numbers, call.stem + "_values", [Attribute("axis", .int(0))])
        let axis = Attribute("axis", .int(Int64(call.node.int("axis") ?? -1)))
        try call.give(graph.node("OneHot", [try call.plain(0), try call.sizes(1), values], call.stem, [axis]))
    }

    /// Where something is: one row for each.
    private static func places(_ call: SavedCall) throws(TensorFlowError) {
        let name = call.graph.node("NonZero", [try call.plain(0)], call.stem + "_places")
        try call.give(call.graph.transposed(name, [1, 0], call.stem))
    }

    /// The lower or the upper triangle, as masks of attention are made.
    private static func band(_ call: SavedCall) throws(TensorFlowError) {
        let (lower, upper) = (try call.integer(1, "width"), try call.integer(2, "width"))
        guard lower < 0 && upper == 0 || upper < 0 && lower == 0 else {
            throw TensorFlowError("keeps a band of \(lower) and \(upper), which is not rebuilt here: triangles are")
        }
        let side = Attribute("upper", .int(upper == 0 ? 0 : 1))
        try call.give(call.graph.node("Trilu", [try call.plain(0)], call.stem, [side]))
    }
}
