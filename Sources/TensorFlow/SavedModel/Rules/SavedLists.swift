import ModelGraph
import Tensors

/// Lists of tensors, as loops over steps read and write them.
enum SavedLists {
    static let all: [String: SavedRule] = [
        "TensorListFromTensor": fromTensor, "TensorListReserve": reserve, "TensorListGetItem": getItem,
        "TensorListSetItem": setItem, "TensorListStack": stack, "TensorListLength": length,
    ]

    private static func list(_ call: SavedCall) throws(TensorFlowError) -> TensorList {
        guard case .list(let list) = try call.any(0) else {
            throw TensorFlowError("is given \(try call.any(0).kindName) where a list is expected")
        }
        return list
    }

    private static func fromTensor(_ call: SavedCall) throws(TensorFlowError) {
        call.pass(.list(TensorList(content: .stacked(try call.input(0)))))
    }

    private static func reserve(_ call: SavedCall) throws(TensorFlowError) {
        call.pass(.list(TensorList(content: .reserved(count: try call.input(1)))))
    }

    private static func getItem(_ call: SavedCall) throws(TensorFlowError) {
        guard case .stacked(let tensor) = try list(call).content else {
            throw TensorFlowError("reads a list that is still being written, which is not rebuilt here")
        }
        let names = [try call.graph.plain(tensor), try call.plain(1)]
        try call.give(call.graph.node("Gather", names, call.stem, [Attribute("axis", .int(0))]))
    }

    private static func setItem(_ call: SavedCall) throws(TensorFlowError) {
        guard case .carried(let loop, let place) = try list(call).content else {
            throw TensorFlowError("writes to a list outside of a loop, or twice in a round, which is not rebuilt here")
        }
        let content = TensorList.Content.written(
            loop: loop, place: place, index: try call.input(1), element: try call.input(2))
        call.pass(.list(TensorList(content: content)))
    }

    private static func stack(_ call: SavedCall) throws(TensorFlowError) {
        guard case .stacked(let tensor) = try list(call).content else {
            throw TensorFlowError("stacks a list that no loop has written, which is not rebuilt here")
        }
        call.pass(.tensor(tensor))
    }

    private static func length(_ call: SavedCall) throws(TensorFlowError) {
        switch try list(call).content {
        case .reserved(let count): call.pass(.tensor(count))
        case .stacked(let tensor):
            let graph = call.graph
            let shape = graph.node("Shape", [try graph.plain(tensor)], call.stem + "_shape")
            let size = graph.node(
                "Gather", [shape, call.wideZero], call.stem + "_length", [Attribute("axis", .int(0))])
            try call.give(graph.cast(size, to: .int32, call.stem))
        default: throw TensorFlowError("counts a list that is still being written, which is not rebuilt here")
        }
    }
}

extension SavedCall {
    /// Zero without axes, of 64 bits.
    fileprivate var wideZero: String { graph.assembly.constant([Int64(0)], [], "zero") }
}
