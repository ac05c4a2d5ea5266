import ModelGraph
import Tensors

/// Writes LiteRT's operators, whose order of axes TensorFlow's share, as nodes of a graph of TensorFlow's.
final class GraphDefLowering {
    let model: LiteModel
    let batch: OpenBatch?
    let builder = GraphDefBuilder()
    /// What holds each tensor: `node`, or `node:1`.
    private var values: [Int: String] = [:]
    private var batchSize: String?

    /// - Parameter batch: what of the model is the batch; `nil` when it has a size.
    init(_ model: LiteModel, _ batch: OpenBatch?) {
        self.model = model
        self.batch = batch
    }

    /// The sizes of a tensor, open ones as `nil`.
    func shape(_ tensor: Int) -> [Int?] { batch?.shape(tensor, model) ?? model.tensors[tensor].shape }

    /// Makes placeholders of the model's inputs.
    func defineInputs() {
        for port in model.inputs {
            values[port.tensor] = builder.add(
                "Placeholder", [], port.name, [("dtype", .type(port.type)), ("shape", .shape(shape(port.tensor)))])
        }
    }

    /// Writes one operator.
    ///
    /// - Throws: `LoweringFault` when TensorFlow has no form of it.
    func write(_ operation: LiteOperator) throws {
        guard let rule = GraphDefRules.all[operation.code] else {
            throw LoweringFault("becomes \(operation.code.displayName), which has no form here")
        }
        builder.source = operation.source
        let made = try rule(GraphDefStep(lowering: self, operation: operation))
        for (output, value) in zip(operation.outputs, made) { values[output] = value }
    }

    /// Lets the operators behind one that failed be looked at too.
    func define(placeholdersOf operation: LiteOperator) {
        for output in operation.outputs { values[output] = "" }
    }

    /// The value that holds a tensor; a constant is written when it is first read.
    func value(_ tensor: Int) throws -> String {
        if let known = values[tensor] { return known }
        guard model.tensors.indices.contains(tensor), let data = model.tensors[tensor].data else {
            throw LoweringFault("reads what nothing makes")
        }
        let made = try constant(tensor, data)
        values[tensor] = made
        return made
    }

    private func constant(_ tensor: Int, _ data: Tensor) throws -> String {
        let name = model.tensors[tensor].name
        if let multiples = batch?.multiples(tensor), let elements = data.integerValues {
            return try integers(elements, multiples, name, data.elementType)
        }
        guard batch?.shape(tensor, model).contains(nil) != true else {
            throw LoweringFault("reads a constant with a row for each of the batch")
        }
        return builder.constant(data, name)
    }

    /// Whole numbers of which some are several times the batch.
    func integers(_ values: [Int], _ multiples: [Int], _ name: String, _ type: ElementType) throws -> String {
        let fixed = zip(values, multiples).map { $1 == 0 ? $0 : 0 }
        let setting: [(key: String, value: GraphDefNode.Setting)] = [("T", .type(type))]
        let times = builder.constant(try Tensor.integers(multiples).converted(to: type), "\(name)/times")
        let open = builder.add("Mul", [times, try rows(type)], "\(name)/rows", setting)
        let rest = builder.constant(try Tensor.integers(fixed).converted(to: type), "\(name)/fixed")
        return builder.add("AddV2", [open, rest], name, setting)
    }

    /// How many rows the batch has that is being answered.
    private func rows(_ type: ElementType) throws -> String {
        let name = try rows()
        guard type != .int32 else { return name }
        return builder.add("Cast", [name], "batch_size/wide", [("SrcT", .type(.int32)), ("DstT", .type(type))])
    }

    private func rows() throws -> String {
        if let batchSize { return batchSize }
        let open = model.inputs.first { shape($0.tensor).first.map { $0 == nil } ?? false }
        guard let open, let placeholder = values[open.tensor] else {
            throw LoweringFault("needs the size of a batch that no input has")
        }
        let sizes = builder.add(
            "Shape", [placeholder], "batch_size/sizes", [("T", .type(open.type)), ("out_type", .type(.int32))])
        let ends = try [0, 1, 1].enumerated().map { try builder.integers([$1], "batch_size/place_\($0)") }
        let made = builder.add(
            "StridedSlice", [sizes] + ends, "batch_size",
            [
                ("T", .type(.int32)), ("Index", .type(.int32)), ("begin_mask", .int(0)), ("end_mask", .int(0)),
                ("ellipsis_mask", .int(0)), ("new_axis_mask", .int(0)), ("shrink_axis_mask", .int(1)),
            ])
        batchSize = made
        return made
    }
}
