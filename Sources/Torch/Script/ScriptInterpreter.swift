import ModelGraph
import Pickle
import Tensors

/// Follows a program from the inputs to what it gives. Numbers that the program knows are worked out here and now; what
/// happens to tensors is written into the graph. Nothing runs.
final class ScriptInterpreter {
    let program: ScriptProgram
    let graph: ProgramGraph
    private var stepsLeft = mostSteps
    /// Statements of all calls together.
    private static let mostSteps = 1_000_000
    private static let deepest = 100

    /// The names of one call.
    private struct Frame {
        var names: [String: ScriptValue] = [:]
        let file: String
        var line = 0
        let depth: Int

        var place: String { "\(file), line \(line)" }
    }

    init(_ program: ScriptProgram, graph: ProgramGraph) {
        self.program = program
        self.graph = graph
    }

    func call(
        _ function: ScriptFunction, _ values: [ScriptValue], named: [String: ScriptValue] = [:], depth: Int = 0
    ) throws(TorchError) -> ScriptValue {
        guard depth < Self.deepest else { throw .limit("\(function.file): calls are nested too deeply") }
        guard values.count <= function.parameters.count else {
            throw .damaged("\(function.file): \(function.name.quotedName) is given \(values.count) values")
        }
        var frame = Frame(file: function.file, depth: depth)
        for (place, parameter) in function.parameters.enumerated() {
            if place < values.count {
                frame.names[parameter.name] = values[place]
            } else if let value = named[parameter.name] {
                frame.names[parameter.name] = value
            } else if let fallback = parameter.fallback {
                frame.names[parameter.name] = try evaluate(fallback, &frame)
            } else {
                throw .damaged(
                    "\(function.file): \(function.name.quotedName) is not given \(parameter.name.quotedName)")
            }
        }
        return try run(function.body, &frame) ?? .value(.none)
    }

    // MARK: - Statements

    /// - Returns: what is given back; `nil` when the statements end without.
    private func run(_ statements: [ScriptStatement], _ frame: inout Frame) throws(TorchError) -> ScriptValue? {
        for statement in statements {
            guard stepsLeft > 0 else { throw .limit("the program has more than \(Self.mostSteps) steps") }
            stepsLeft -= 1
            frame.line = statement.line
            switch statement.body {
            case .nothing: continue
            case .giveBack(let value): return try evaluate(value, &frame)
            case .call(let value): _ = try evaluate(value, &frame)
            case .assign(let names, let value): try assign(names, try evaluate(value, &frame), &frame)
            case .choose(let condition, let chosen, let other):
                if let value = try run(try truth(condition, &frame) ? chosen : other, &frame) { return value }
            case .count(let name, let range, let body):
                for place in try count(range, &frame) {
                    frame.names[name] = .value(.int(place))
                    if let value = try run(body, &frame) { return value }
                }
            case .other(let word):
                throw TorchError("\(frame.place): '\(word)' is not followed", help: Self.tracing)
            }
        }
        return nil
    }

    private static let tracing =
        "export it with torch.export.export(model, args) and torch.export.save(…, 'model.pt2'), or with torch.onnx.export"

    private func assign(_ names: [String], _ value: ScriptValue, _ frame: inout Frame) throws(TorchError) {
        if names.count == 1 {
            frame.names[names[0]] = value
            return
        }
        // A comma at the end is an empty name.
        let names = names.filter { !$0.isEmpty }
        let items: [ScriptValue]
        switch value {
        case .items(let all): items = all
        case .value(.list(let all)): items = all.map { .value($0) }
        default: throw .damaged("\(frame.place): takes apart what is no list")
        }
        guard items.count == names.count else {
            throw .damaged("\(frame.place): takes \(items.count) values apart into \(names.count)")
        }
        for (name, item) in zip(names, items) { frame.names[name] = item }
    }

    private func truth(_ condition: ScriptExpression, _ frame: inout Frame) throws(TorchError) -> Bool {
        let value = try evaluate(condition, &frame)
        if case .value(let value) = value, let number = value.number { return number != 0 }
        throw TorchError(
            "\(frame.place): what comes next depends on \(value.value?.kindName ?? "an object"), which is known only when the "
                + "program runs", help: Self.tracing)
    }

    private func count(_ range: ScriptExpression, _ frame: inout Frame) throws(TorchError) -> [Int] {
        guard case .call(let callee, let arguments, _) = range, callee.path == ["range"], arguments.count == 1,
            let last = try evaluate(arguments[0], &frame).value?.int, (0...10_000).contains(last)
        else { throw TorchError("\(frame.place): a loop over what is not known now", help: Self.tracing) }
        return Array(0..<last)
    }

    // MARK: - Expressions

    private func evaluate(_ expression: ScriptExpression, _ frame: inout Frame) throws(TorchError) -> ScriptValue {
        switch expression {
        case .none: return .value(.none)
        case .bool(let bool): return .value(.bool(bool))
        case .int(let int): return .value(.int(int))
        case .float(let number): return .value(.float(number))
        case .text(let text): return .value(.text(text))
        case .name(let name):
            if let value = frame.names[name] { return value }
            throw .damaged("\(frame.place): the name \(name.quotedName) stands for nothing")
        case .list(let items): return try list(items, &frame)
        case .dictionary(let pairs):
            return try list(pairs.map(\.value), &frame)
        case .choice(let value, let condition, let other):
            return try evaluate(try truth(condition, &frame) ? value : other, &frame)
        case .attribute(let inner, let name): return try attribute(inner, name, &frame)
        case .element(let inner, let index):
            let index = try evaluate(index, &frame).value ?? .none
            return try element(try evaluate(inner, &frame), index, frame)
        case .call(let callee, let arguments, let named):
            var values: [ScriptValue] = []
            for argument in arguments { values.append(try evaluate(argument, &frame)) }
            var byName: [String: ScriptValue] = [:]
            for (name, value) in named { byName[name] = try evaluate(value, &frame) }
            return try call(callee, values, byName, &frame)
        }
    }

    private func list(_ items: [ScriptExpression], _ frame: inout Frame) throws(TorchError) -> ScriptValue {
        var values: [ScriptValue] = []
        for item in items { values.append(try evaluate(item, &frame)) }
        return .items(values)
    }

    private func element(
        _ value: ScriptValue, _ index: ProgramValue, _ frame: Frame
    ) throws(TorchError) -> ScriptValue {
        let items: [ScriptValue]
        switch value {
        case .items(let all): items = all
        case .value(.list(let all)): items = all.map { .value($0) }
        default: throw .damaged("\(frame.place): takes a part of what is no list")
        }
        guard let number = index.int, (-items.count..<items.count).contains(number) else {
            throw .damaged("\(frame.place): takes a part that is not there")
        }
        return items[number < 0 ? number + items.count : number]
    }

    private func attribute(
        _ inner: ScriptExpression, _ name: String, _ frame: inout Frame
    ) throws(TorchError) -> ScriptValue {
        if let path = inner.path, let first = path.first, frame.names[first] == nil {
            if path == ["CONSTANTS"] { return try program.constant(name) }
            // `_0 = __torch__.torch.nn.functional.relu`
            if first == "__torch__" { return .function(path.joined(separator: "."), name) }
            throw .damaged("\(frame.place): the name \(name.quotedName) stands for nothing")
        }
        guard case .object(let object) = try evaluate(inner, &frame) else {
            throw .damaged("\(frame.place): asks what is no object for \(name.quotedName)")
        }
        return try program.attribute(name, of: object)
    }

    // MARK: - Calls

    private func call(
        _ callee: ScriptExpression, _ values: [ScriptValue], _ named: [String: ScriptValue], _ frame: inout Frame
    ) throws(TorchError) -> ScriptValue {
        if let path = callee.path, let first = path.first, let last = path.last, frame.names[first] == nil {
            switch first {
            case "torch" where path.count == 2: return try operate(last, values, named, frame)
            case "ops" where path.count == 3 && path[1] == "prim": return try primitive(last, values, frame)
            case "ops" where path.count == 3 && path[1] == "aten": return try operate(last, values, named, frame)
            case "__torch__":
                return try callFunction(path.dropLast().joined(separator: "."), last, values, named, frame)
            case "getattr" where path.count == 1 && values.count == 2:
                guard case .object(let object) = values[0], case .value(.text(let name)) = values[1] else {
                    throw .damaged("\(frame.place): asks what is no object for an attribute")
                }
                return try program.attribute(name, of: object)
            case "int", "float", "bool",
                "str" where path.count == 1:
                return values.first ?? .value(.none)
            default:
                throw TorchError(
                    "\(frame.place): calls \(path.joined(separator: ".").quotedName), which is not rebuilt here")
            }
        }
        if case .attribute(let inner, let name) = callee, case .object(let object) = try evaluate(inner, &frame) {
            guard let method = try program.file(object.module).methods[object.className]?[name] else {
                throw .damaged("\(frame.place): \(object.className.quotedName) has no method \(name.quotedName)")
            }
            return try call(method, [.object(object)] + values, named: named, depth: frame.depth + 1)
        }
        guard case .function(let module, let name) = try evaluate(callee, &frame) else {
            throw .damaged("\(frame.place): calls what is no function")
        }
        return try callFunction(module, name, values, named, frame)
    }

    private func callFunction(
        _ module: String, _ name: String, _ values: [ScriptValue], _ named: [String: ScriptValue], _ frame: Frame
    ) throws(TorchError) -> ScriptValue {
        guard let function = try program.file(module).functions[name] else {
            throw TorchError("\(frame.place): calls \("\(module).\(name)".quotedName), which is not in the file")
        }
        return try call(function, values, named: named, depth: frame.depth + 1)
    }

    /// An operator, of numbers here and now, of tensors in the graph.
    private func operate(
        _ name: String, _ values: [ScriptValue], _ named: [String: ScriptValue], _ frame: Frame
    ) throws(TorchError) -> ScriptValue {
        if name == "append", values.count == 2 {
            throw TorchError("\(frame.place): a list that grows is not followed", help: Self.tracing)
        }
        if name == "len" || name == "__getitem__", let first = values.first {
            if name == "__getitem__", values.count == 2 { return try element(first, values[1].value ?? .none, frame) }
            if case .items(let items) = first { return .value(.int(items.count)) }
        }
        let plain = try values.map { (value) throws(TorchError) -> ProgramValue in try known(value, frame) }
        if let result = ScriptNumbers.result(name, plain, graph) { return .value(result) }
        if let operation = ScriptNumbers.arithmetic[name], plain.count == 2, plain.allSatisfy({ $0.tensor == nil }),
            let result = try graph.arithmetic(operation, plain[0], plain[1])
        {
            return .value(result)
        }
        guard OperatorCatalog.rule(name) != nil else {
            throw TorchError("\(frame.place): calls \("torch.\(name)".quotedName), which is not rebuilt here")
        }
        var byName: [String: ProgramValue] = [:]
        for (key, value) in named { byName[key] = try known(value, frame) }
        let place = "\(frame.place) (\(name.quotedName))"
        guard let arguments = OperatorSignature.arguments(name, plain, byName) else {
            throw TorchError("\(place): is called in a way that is not known")
        }
        let made = try OperatorCatalog.call(
            name, arguments, outputCount: Self.several.contains(name) ? 3 : 1, place: place, graph: graph)
        return made.count == 1 ? .value(made[0]) : .items(made.map { .value($0) })
    }

    /// Operators that give more than what is asked of them here.
    private static let several: Set<String> = [
        "native_batch_norm", "_native_batch_norm_legit_no_training", "native_layer_norm", "native_group_norm",
        "max_pool2d_with_indices", "max_pool3d_with_indices", "native_dropout", "adaptive_max_pool1d",
        "adaptive_max_pool2d", "adaptive_max_pool3d", "_scaled_dot_product_flash_attention_for_cpu",
    ]

    private func known(_ value: ScriptValue, _ frame: Frame) throws(TorchError) -> ProgramValue {
        guard let value = value.value else { throw .damaged("\(frame.place): an object where a value should be") }
        return value
    }

    private func primitive(
        _ name: String, _ values: [ScriptValue], _ frame: Frame
    ) throws(TorchError) -> ScriptValue {
        let first = values.first ?? .value(.none)
        switch name {
        case "NumToTensor", "data", "unchecked_unwrap_optional", "unchecked_cast", "Int", "Float", "tolist":
            return first
        case "is_cuda", "is_sparse", "requires_grad", "is_quantized", "is_mkldnn": return .value(.bool(false))
        case "device": return .value(.opaque("a device"))
        case "dtype":
            guard let tensor = first.value?.tensor, let number = TorchScalarType.number(tensor.type) else { break }
            return .value(.type(number))
        case "shape":
            guard let tensor = first.value?.tensor else { break }
            return .value(.list(try graph.sizes(of: tensor)))
        case "RaiseException":
            var text = "an error of its own"
            if case .text(let own)? = first.value { text = own }
            throw TorchError("\(frame.place): the program refuses such values: \(text.quotedName)")
        default: break
        }
        throw TorchError("\(frame.place): calls \("ops.prim.\(name)".quotedName), which is not rebuilt here")
    }
}
