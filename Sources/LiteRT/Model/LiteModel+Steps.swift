import Tensors

/// How far a model of integers may be from the one that it was made of.
extension LiteModel {
    /// The number that one step of an output's integers stands for: of an output that integers were made numbers for, or
    /// that is integers itself; else of the coarsest value. `nil` for a model of FP32.
    package func step(ofOutput index: Int) -> Float? {
        let steps = tensors.filter { $0.data == nil }.compactMap { $0.quantization?.scales.max() }
        guard let coarsest = steps.max(), outputs.indices.contains(index) else { return nil }
        let output = outputs[index].tensor
        // Of integers the difference is counted in steps.
        guard tensors[output].type == .float32 else { return 1 }
        let maker = operators.last { $0.outputs.contains(output) }
        guard let maker, maker.code == .dequantize else { return coarsest }
        return tensors[maker.inputs[0]].quantization?.scales.first ?? coarsest
    }
}
