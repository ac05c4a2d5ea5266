import ModelGraph
import Pickle
import Tensors

/// Goes through an exported program's calls and lets each operator write itself.
final class ProgramBuilder {
    let graph: ProgramGraph
    let program: ExportedProgram
    private var weights: ProgramWeights
    /// What the program's names stand for.
    private(set) var values: [String: ProgramValue] = [:]
    /// Tensors that calls make, by the names that the program has for them, in its order.
    private(set) var layers: [(name: String, value: String)] = []
    /// Bytes that copies of weights may take: an ONNX file holds no more.
    private var budget = Int(Int32.max)
    private var symbols: [String: String] = [:]

    /// Calls that check something while the program is made, and say nothing about what it computes.
    private static let checks: Set<String> = [
        "_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range",
        "sym_constrain_range_for_size", "_print",
    ]

    init(_ program: ExportedProgram, _ weights: ProgramWeights, graph: ProgramGraph) {
        self.program = program
        self.weights = weights
        self.graph = graph
    }

    /// - Returns: the model's outputs.
    func build() throws(TorchError) -> [ValueInfo] {
        try checkOperators()
        symbols = batchNames()
        for input in program.inputs { try declare(input) }
        let names = outputNames()
        for node in program.nodes { try run(node) }
        return try outputs(names)
    }

    // MARK: - Before any work

    /// Refuses a program with operators that are not rebuilt, all of them at once.
    private func checkOperators() throws(TorchError) {
        var unknown: [String: Int] = [:]
        for node in program.nodes where !isKnown(node.target) { unknown[node.target, default: 0] += 1 }
        if !unknown.isEmpty { throw TorchError.operators(unknown) }
    }

    private func isKnown(_ target: String) -> Bool {
        if target.hasPrefix("_operator.") || target.hasPrefix("torch.sym_") || target.hasPrefix("math.") { return true }
        guard let name = TargetName(target) else { return false }
        return Self.checks.contains(name.name) || OperatorCatalog.rule(name.name) != nil
    }

    // MARK: - Inputs

    /// The size that every input begins with is that of the batch.
    private func batchNames() -> [String: String] {
        var first: Set<String> = []
        var count = 0
        for case .user(let json) in program.inputs {
            guard let name = json["as_tensor"]?["name"]?.stringValue, let sizes = program.metadata[name]?.sizes else {
                continue
            }
            count += 1
            if case .symbol(let symbol)? = sizes.first { first.insert(symbol) } else { return [:] }
        }
        guard count > 0, first.count == 1, let symbol = first.first else { return [:] }
        return [symbol: "N"]
    }

    private func renamed(_ sizes: [Dimension]) -> [Dimension] {
        sizes.map { size in
            if case .symbol(let name) = size { return .symbol(symbols[name] ?? name) }
            return size
        }
    }

    private func declare(_ input: ExportedProgram.Input) throws(TorchError) {
        switch input {
        case .weight(let name, let key): try bindWeight(name, key)
        case .fixed(let name): values[name] = .opaque("an input that is the same in each run")
        case .other(let kind):
            throw TorchError("the program takes a \(kind.quotedName), which no model can be given")
        case .user(let json):
            if let name = json["as_tensor"]?["name"]?.stringValue {
                guard let metadata = program.metadata[name] else {
                    throw TorchError("the input \(name.quotedName) has elements of a type that is not carried")
                }
                values[name] = .tensor(
                    graph.input(InertName.of(name, "input"), metadata.type, renamed(metadata.sizes)))
            } else if json["as_sym_int"] != nil || json["as_sym_float"] != nil {
                throw TorchError("the program takes a number that differs from run to run: give it as a tensor")
            }
        }
    }

    /// A weight stands in the graph from the first use on; the graph leaves out those without any.
    private func bindWeight(_ name: String, _ key: String) throws(TorchError) {
        guard let tensor = try weights.tensor(key) else {
            throw .damaged("the weight \(key.quotedName) is not in the file")
        }
        let elements = try tensor.elements(key, budget: &budget)
        values[name] = .tensor(graph.constant(tensor.type, tensor.sizes, elements, InertName.of(key, "weight")))
    }

    // MARK: - Calls

    private func run(_ node: ExportedProgram.Node) throws(TorchError) {
        if let name = TargetName(node.target) {
            if Self.checks.contains(name.name) { return }
            try call(name.name, node)
        } else {
            bind(node.outputs, [try compute(node)], node)
        }
    }

    private func call(_ name: String, _ node: ExportedProgram.Node) throws(TorchError) {
        let place = "\(node.name.quotedName) (\(name.quotedName))"
        var arguments: [String: ProgramValue] = [:]
        for input in node.inputs { arguments[input.name] = try value(input.value, place) }
        let made = try OperatorCatalog.call(
            name, arguments, outputCount: node.outputs.count, place: place, graph: graph)
        bind(node.outputs, made, node)
        for output in node.outputs { try compare(output, place) }
    }

    /// Arithmetic on sizes. What is neither is kept as something that nothing may use.
    private func compute(_ node: ExportedProgram.Node) throws(TorchError) -> ProgramValue {
        var operands: [ProgramValue] = []
        for input in node.inputs { operands.append(try value(input.value, node.name)) }
        guard operands.count == 2, let operation = node.target.split(separator: ".").last else {
            return .opaque("a result of \(node.target.quotedName)")
        }
        if operation == "getitem", case .list(let items) = operands[0], let place = operands[1].int,
            items.indices.contains(place)
        {
            return items[place]
        }
        return try graph.arithmetic(String(operation), operands[0], operands[1])
            ?? .opaque("a result of \(node.target.quotedName)")
    }

    /// Gives the values of a call the names that the program has for them.
    private func bind(_ outputs: [JSONValue], _ made: [ProgramValue], _ node: ExportedProgram.Node) {
        for (place, output) in outputs.enumerated() where place < made.count {
            if let names = output["as_tensors"]?.arrayValue {
                guard case .list(let items) = made[place] else { continue }
                for (name, item) in zip(names, items) { values[name["name"]?.stringValue ?? ""] = item }
            } else if let name = output["as_tensor"]?["name"]?.stringValue
                ?? output["as_sym_int"]?["as_name"]?.stringValue ?? output["as_sym_bool"]?["as_name"]?.stringValue
                ?? output["as_sym_float"]?["as_name"]?.stringValue
            {
                values[name] = made[place]
                if let tensor = made[place].tensor { layers.append((name, tensor.name)) }
            }
        }
    }

    /// What the program states of a value must be what its calls make; what they leave open, it says.
    private func compare(_ output: JSONValue, _ place: String) throws(TorchError) {
        guard let name = output["as_tensor"]?["name"]?.stringValue, let stated = program.metadata[name],
            let tensor = values[name]?.tensor
        else { return }
        let sizes = renamed(stated.sizes)
        guard sizes.count == tensor.rank, stated.type == tensor.type,
            zip(sizes, tensor.sizes).allSatisfy({ $0.size == nil || $1.size == nil || $0 == $1 })
        else {
            throw .damaged(
                "\(place): the file says that it makes \(stated.type.displayName) "
                    + "[\(sizes.map(\.description).joined(separator: ", "))], and it makes \(tensor.type.displayName) "
                    + "[\(tensor.sizes.map(\.description).joined(separator: ", "))]")
        }
        graph.refine(tensor, sizes: sizes)
    }

    // MARK: - Outputs

    /// One output is 'output', several are numbered, unless the program names them.
    private func outputNames() -> [String] {
        let count = program.outputs.count
        if let names = program.outputNames, names.count == count {
            return names.map { graph.reserve(InertName.of($0, "output")) }
        }
        return (0..<count).map { graph.reserve(count == 1 ? "output" : "output_\($0)") }
    }

    private func outputs(_ names: [String]) throws(TorchError) -> [ValueInfo] {
        var result: [ValueInfo] = []
        for (json, name) in zip(program.outputs, names) {
            guard let key = json["as_tensor"]?["name"]?.stringValue else {
                graph.note("an output that is no tensor is left out")
                continue
            }
            guard let tensor = values[key]?.tensor else {
                throw TorchError("the output \(key.quotedName) is no tensor that is rebuilt here")
            }
            result.append(graph.output(tensor, name))
        }
        guard !result.isEmpty else { throw TorchError("the program gives no tensor") }
        return result
    }
}
