package import ModelGraph
import Pickle
import Tensors

/// A model of PyTorch's as an ONNX graph, and what is known of where it came from.
package struct ConvertedProgram: Sendable {
    package var model: Model
    /// PyTorch's version that wrote it, where the file says so.
    package var version: String?
    /// What was saved, in a word.
    package var className: String
    /// What differs from PyTorch's own behaviour, in words.
    package var notes: [String]
    /// What the program itself calls values in between, in its order, and what the graph calls them.
    package var layers: [(name: String, value: String)] = []
}

/// Rebuilds models that PyTorch has exported, by a closed list of operators.
package enum TorchConversion {
    /// The graph of the model in a file.
    ///
    /// - Parameter shapes: of the inputs of a TorchScript program, which does not say them.
    /// - Throws: `TorchError`, with every operator that is not rebuilt.
    package static func convert(
        _ archive: TorchArchive, shapes: [InputShape] = []
    ) throws(TorchError) -> ConvertedProgram {
        switch archive.layout {
        case .script: return try ScriptConversion.convert(archive, shapes: shapes)
        case .program, .olderProgram:
            guard shapes.isEmpty else {
                throw TorchError(
                    "an exported program says itself which shapes it takes",
                    help: "leave --shape away, or export it again")
            }
            return try exported(archive)
        }
    }

    private static func exported(_ archive: TorchArchive) throws(TorchError) -> ConvertedProgram {
        let program = try ExportedProgram(archive)
        let graph = ProgramGraph()
        let builder = ProgramBuilder(program, try ProgramWeights(archive), graph: graph)
        let outputs = try builder.build()
        return ConvertedProgram(
            model: model(graph, outputs), version: program.version, className: "ExportedProgram",
            notes: graph.assembly.notes, layers: builder.layers)
    }

    static func model(_ graph: ProgramGraph, _ outputs: [ValueInfo]) -> Model {
        var model = Model(
            graph.graph("program", outputs: outputs), opset: ProgramGraph.opset, irVersion: ProgramGraph.irVersion)
        model.producerName = "slipway"
        return model
    }
}
