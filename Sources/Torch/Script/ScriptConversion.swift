import ModelGraph
import Pickle
import Tensors

/// TorchScript rebuilt as a graph.
enum ScriptConversion {
    static func convert(_ archive: TorchArchive, shapes: [InputShape]) throws(TorchError) -> ConvertedProgram {
        let graph = ProgramGraph()
        let program = try ScriptProgram(archive, graph: graph)
        let main = program.main
        guard let forward = try program.file(main.module).methods[main.className]?["forward"] else {
            throw TorchError("the main object \(main.className.quotedName) has no method 'forward'")
        }
        let parameters = forward.parameters.dropFirst().filter { $0.fallback == nil }
        guard shapes.count == parameters.count else {
            let names = parameters.map { "\($0.name): \($0.type)" }.joined(separator: ", ")
            throw TorchError(
                "TorchScript does not say which shapes its \(parameters.count) inputs have (\(String(names.prefix(200)).quotedName)); "
                    + "\(shapes.count) are given",
                help:
                    "give one for each, in order: --shape N,1,28,28, with a type where it is not FP32: --shape N,12:INT64"
            )
        }
        var values: [ScriptValue] = [.object(main)]
        for (parameter, shape) in zip(parameters, shapes) {
            guard parameter.type == "Tensor" || parameter.type == "Optional" else {
                throw TorchError(
                    "the input \(parameter.name.quotedName) is a \(parameter.type.quotedName), which no model can be given"
                )
            }
            values.append(.value(.tensor(graph.input(InertName.of(parameter.name, "input"), shape.type, shape.sizes))))
        }
        let result = try ScriptInterpreter(program, graph: graph).call(forward, values)
        let outputs = try outputs(result, graph)
        return ConvertedProgram(
            model: TorchConversion.model(graph, outputs), version: nil,
            className: InertName.of(main.className, "module"),
            notes: graph.assembly.notes)
    }

    private static func outputs(_ result: ScriptValue, _ graph: ProgramGraph) throws(TorchError) -> [ValueInfo] {
        var tensors: [ProgramTensor] = []
        collect(result.value ?? .none, &tensors)
        guard !tensors.isEmpty else { throw TorchError("the program gives no tensor") }
        let names = tensors.indices.map { graph.reserve(tensors.count == 1 ? "output" : "output_\($0)") }
        return zip(tensors, names).map { graph.output($0, $1) }
    }

    private static func collect(_ value: ProgramValue, _ tensors: inout [ProgramTensor]) {
        switch value {
        case .tensor(let tensor): tensors.append(tensor)
        case .list(let items): for item in items { collect(item, &tensors) }
        default: break
        }
    }
}
