import ModelGraph
import Tensors

/// The graph while a program's operators write into it. Types and sizes of what each node makes are inferred at once,
/// because many operators need to know how many axes a tensor has.
final class ProgramGraph {
    static let opset: Int64 = 17
    static let irVersion: Int64 = 10

    private(set) var assembly = GraphAssembly()
    private var types: [String: (type: ElementType, sizes: [Dimension])] = [:]
    /// Constants that node inference may look into, by name.
    private var constants: [String: TensorValue] = [:]
    private var lists: [[Int64]: String] = [:]
    private var scalars: [String: String] = [:]
    /// Constants with their axes exchanged, by the name of the first.
    var transposes: [String: String] = [:]
    private var nodesLeft = mostNodes
    private static let mostNodes = 200_000
    /// The largest size of a value.
    private static let largestSize = 1 << 40

    // MARK: - Nodes

    /// Adds a node with one output and infers what it makes.
    func make(
        _ operatorType: String, _ inputs: [String], _ stem: String, _ attributes: [Attribute] = []
    ) throws(TorchError) -> ProgramTensor {
        guard let first = try make(operatorType, inputs, [stem], attributes).first else {
            throw TorchError("\(operatorType) makes nothing")
        }
        return first
    }

    /// Adds a node with several outputs.
    func make(
        _ operatorType: String, _ inputs: [String], _ stems: [String], _ attributes: [Attribute]
    ) throws(TorchError) -> [ProgramTensor] {
        guard nodesLeft > 0 else {
            throw .limit("the program becomes more than \(Self.mostNodes) nodes; no more are accepted")
        }
        nodesLeft -= 1
        let outputs = assembly.node(operatorType, inputs, outputs: stems.map(Optional.init), attributes: attributes)
        let node = Node(operatorType, inputs, outputs, name: outputs.first ?? "", attributes: attributes)
        let inferred = inference(node)
        if let note = inferred.notes.first {
            throw TorchError.damaged("the program does not fit together: \(note.message)")
        }
        var made: [ProgramTensor] = []
        for name in outputs {
            guard let tensor = inferred[name]?.tensor, let type = tensor.elementType, let sizes = tensor.dimensions
            else {
                throw TorchError("the sizes of what \(operatorType) makes cannot be told")
            }
            for case .fixed(let size) in sizes where size > Self.largestSize {
                throw TorchError.limit("\(operatorType) would make a value of size \(size)")
            }
            types[name] = (type, sizes)
            made.append(ProgramTensor(name, type, sizes))
        }
        return made
    }

    /// The node alone, between values of known types.
    private func inference(_ node: Node) -> InferredTypes {
        var graph = Graph("node", nodes: [node])
        for input in Set(node.inputs) where !input.isEmpty {
            if let constant = constants[input] {
                graph.initializers.append(constant)
            } else if let known = types[input] {
                graph.inputs.append(ValueInfo(input, known.type, known.sizes))
            }
        }
        return Model(graph, opset: Self.opset, irVersion: Self.irVersion).inferred()
    }

    /// Says what is known of a tensor beyond what its node tells.
    func refine(_ tensor: ProgramTensor, sizes: [Dimension]) {
        guard sizes.count == tensor.rank else { return }
        tensor.sizes = zip(tensor.sizes, sizes).map { inferred, stated in inferred.size == nil ? stated : inferred }
        if let known = types[tensor.name] { types[tensor.name] = (known.type, tensor.sizes) }
    }

    // MARK: - Constants

    /// A weight of the file.
    func constant(
        _ type: ElementType, _ dimensions: [Int], _ bytes: ByteView, _ stem: String
    ) -> ProgramTensor {
        let name = assembly.constant(type, dimensions, bytes, stem)
        let sizes = dimensions.map(Dimension.fixed)
        types[name] = (type, sizes)
        constants[name] = TensorValue(name, type, dimensions.map(Int64.init), .raw(bytes))
        return ProgramTensor(name, type, sizes)
    }

    /// A constant's elements, where the tensor is one.
    func constantBytes(_ tensor: ProgramTensor) -> ByteView? {
        guard case .raw(let bytes)? = constants[tensor.name]?.elements else { return nil }
        return bytes
    }

    /// A list of whole numbers: shapes, axes, pads.
    func list(_ numbers: [Int]) -> String {
        let values = numbers.map(Int64.init)
        if let name = lists[values] { return name }
        let bytes = values.withUnsafeBytes { ByteView(copying: Array($0)) }
        let name = constant(.int64, [values.count], bytes, "sizes").name
        lists[values] = name
        return name
    }

    /// A single number of a type, without axes.
    func scalar(_ number: Double, _ type: ElementType) throws(TorchError) -> ProgramTensor {
        let key = "\(type.rawValue) \(number.bitPattern)"
        if let name = scalars[key] { return ProgramTensor(name, type, []) }
        let bytes = try Self.bytes([number], type)
        let made = constant(type, [], bytes, "number")
        scalars[key] = made.name
        return made
    }

    /// Numbers of single precision.
    func floats(_ values: [Float], _ dimensions: [Int], _ stem: String) -> ProgramTensor {
        constant(.float32, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) }, stem)
    }

    /// Numbers as elements of a type.
    static func bytes(_ numbers: [Double], _ type: ElementType) throws(TorchError) -> ByteView {
        if type == .bool { return ByteView(copying: numbers.map { $0 != 0 ? 1 : 0 }) }
        do throws(TensorError) {
            let wide = try Tensor(.float64, try Shape([numbers.count]), values: numbers)
            if type.category == .integer {
                let whole = try numbers.map { (number) throws(TensorError) -> Int64 in
                    guard let value = Int64(exactly: number.rounded(.towardZero)) else {
                        throw TensorError(.invalidShape, "the number \(number) is no \(type.displayName)")
                    }
                    return value
                }
                let integers = try Tensor(.int64, try Shape([numbers.count]), values: whole)
                return view(type == .int64 ? integers : try integers.converted(to: type))
            }
            return view(type == .float64 ? wide : try wide.converted(to: type))
        } catch {
            throw TorchError("\(error.message)")
        }
    }

    private static func view(_ tensor: Tensor) -> ByteView {
        guard case .buffer(let buffer) = tensor.storage else { return ByteView(copying: []) }
        return ByteView(buffer, 0..<tensor.byteCount) ?? ByteView(buffer)
    }

    // MARK: - Beginning and end

    /// Declares an input of the model.
    func input(_ stem: String, _ type: ElementType, _ sizes: [Dimension]) -> ProgramTensor {
        let name = assembly.name(stem)
        assembly.inputs.append(ValueInfo(name, type, sizes))
        types[name] = (type, sizes)
        return ProgramTensor(name, type, sizes)
    }

    func reserve(_ name: String) -> String { assembly.name(name) }

    /// Gives a value a name of the model's own.
    func output(_ tensor: ProgramTensor, _ name: String) -> ValueInfo {
        assembly.node("Identity", [tensor.name], output: name)
        let sizes = tensor.sizes.map { size in
            if case .symbol(let name) = size, !Self.isPlain(name) { Dimension.unknown } else { size }
        }
        return ValueInfo(name, tensor.type, sizes)
    }

    /// Expressions of sizes are no names.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == UInt8(ascii: "_")
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        }
    }

    func note(_ text: String) {
        if !assembly.notes.contains(text) { assembly.notes.append(text) }
    }

    /// The finished graph, without what nothing uses.
    func graph(_ name: String, outputs: [ValueInfo]) -> Graph {
        var used = Set(outputs.map(\.name))
        var nodes: [Node] = []
        for node in assembly.nodes.reversed() where node.outputs.contains(where: used.contains) {
            used.formUnion(node.inputs)
            nodes.append(node)
        }
        return Graph(
            name, nodes: nodes.reversed(), initializers: assembly.constants.filter { used.contains($0.name) },
            inputs: assembly.inputs, outputs: outputs)
    }
}
