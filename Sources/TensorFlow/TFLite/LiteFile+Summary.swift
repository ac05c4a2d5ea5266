import ModelGraph
import Tensors

/// What is in a file, whether it can be rebuilt or not.
extension LiteFile {
    /// The operators of the graph that runs: what each makes, and which it is.
    package var operators: [(name: String, className: String)] {
        guard let graph = subgraphs.first else { return [] }
        return graph.operations.map { operation in
            (operation.outputs.first.map { InertName.ofValue(graph.tensors[$0].name) } ?? "", operation.code.name)
        }
    }

    /// Elements of all constants together, shapes and axes not counted; saturates.
    package var parameterCount: Int {
        guard let graph = subgraphs.first else { return 0 }
        return graph.tensors.reduce(0) { sum, tensor in
            guard let data = try? data(of: tensor), tensor.quantization != nil || tensor.type.isFloatingPoint else {
                return sum
            }
            let width = max(1, tensor.type.bitWidth / 8)
            let (total, overflow) = sum.addingReportingOverflow(data.count / width * (tensor.isPacked ? 2 : 1))
            return overflow ? .max : total
        }
    }

    /// Whether integers stand for numbers between operators.
    package var isQuantized: Bool {
        subgraphs.first?.tensors.contains { $0.quantization != nil } ?? false
    }
}
