import ModelGraph
import Tensors

/// The same answers, later: what a version looks like that somebody forgot to optimise.
enum SlowModel {
    /// Sides of the matrix that is multiplied in vain, and how often: some 25 million multiplications a row.
    private static let (width, rounds) = (512, 100)

    /// A copy of a network that does more work for its only output, of `classes` numbers a row.
    ///
    /// The work goes through a matrix of zeros and is added to the answer, so that no optimiser may leave it out.
    ///
    /// - Throws: `GraphError` for a file that cannot be read, `Failure` when the graph has not just one output.
    static func write(_ path: String, slowing original: String, classes: Int) throws {
        var model = try Model.read(path: original)
        guard let output = model.graph.outputs.first?.name, model.graph.outputs.count == 1 else {
            throw Failure(9010, .failed, "'\(original)' has \(model.graph.outputs.count) outputs, expected one")
        }
        let quick = output + ".quick"
        for index in model.graph.nodes.indices {
            model.graph.nodes[index].inputs = model.graph.nodes[index].inputs.map { $0 == output ? quick : $0 }
            model.graph.nodes[index].outputs = model.graph.nodes[index].outputs.map { $0 == output ? quick : $0 }
        }
        model.graph.initializers += [
            try zeros("vain.in", classes, width), try zeros("vain", width, width),
            try zeros("vain.out", width, classes),
        ]
        model.graph.nodes.append(Node("MatMul", [quick, "vain.in"], ["vain.0"]))
        for round in 0..<rounds {
            model.graph.nodes.append(Node("MatMul", ["vain.\(round)", "vain"], ["vain.\(round + 1)"]))
        }
        model.graph.nodes += [
            Node("MatMul", ["vain.\(rounds)", "vain.out"], ["vain.end"]), Node("Add", [quick, "vain.end"], [output]),
        ]
        try OwnFile.write(try model.encoded(), to: path)
    }

    private static func zeros(_ name: String, _ rows: Int, _ columns: Int) throws -> TensorValue {
        TensorValue(name, try Tensor(zeros: .float32, Shape([rows, columns])))
    }
}
