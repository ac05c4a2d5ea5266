package import ModelGraph
import Tensors

/// Gives sizes that a model leaves open a number: `batch=1,sequence=128`. What shapes nodes work out from them can be
/// worked out beforehand then. The model takes no other sizes afterwards, so it must be asked for.
package struct ShapeFixing: Hashable, Sendable {
    /// One size: of a name, wherever it occurs, or of one axis of an input.
    package enum Axis: Hashable, Sendable {
        case symbol(String)
        case input(String, Int)
    }

    package let sizes: [Axis: Int]

    package init(_ sizes: [Axis: Int]) {
        self.sizes = sizes
    }

    /// The largest size of one axis; more is a slip of the finger.
    private static let largest = 1 << 24

    /// Reads `batch=1,sequence=128,x:0=4`; an axis without a name is the input's name, a colon, and its place from 0.
    ///
    /// - Throws: `RuleFault` with what is wrong with which part.
    package init(_ text: String) throws(RuleFault) {
        var sizes: [Axis: Int] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.lastIndex(of: "="), equals > part.startIndex,
                let size = Int(part[part.index(after: equals)...]), (1...Self.largest).contains(size)
            else {
                throw RuleFault("'\(part)' is no size; expected NAME=SIZE or INPUT:AXIS=SIZE with a size of at least 1")
            }
            let axis = Self.axis(String(part[..<equals]))
            guard sizes.updateValue(size, forKey: axis) == nil else { throw RuleFault("'\(part)' names an axis again") }
        }
        self.sizes = sizes
    }

    private static func axis(_ name: String) -> Axis {
        guard let colon = name.lastIndex(of: ":"), colon > name.startIndex,
            let position = Int(name[name.index(after: colon)...]), position >= 0
        else { return .symbol(name) }
        return .input(String(name[..<colon]), position)
    }

    /// The text that `init` reads, in order.
    package var text: String {
        sizes.map { axis, size in
            switch axis {
            case .symbol(let name): "\(name)=\(size)"
            case .input(let name, let position): "\(name):\(position)=\(size)"
            }
        }.sorted().joined(separator: ",")
    }

    /// The model with these sizes, and what was done in words.
    ///
    /// - Throws: `RuleFault` when nothing has such a name, or an axis has another size already.
    package func applied(to model: Model) throws(RuleFault) -> (model: Model, notes: [String]) {
        var fixed = model
        let symbols = try symbols(of: model, &fixed)
        fixed.graph.fixDeclarations(symbols)
        fixed.graph.declareInferredOutputs(fixed.inferred())
        return (fixed, sizes.keys.map { note($0) }.sorted())
    }

    private func note(_ axis: Axis) -> String {
        switch axis {
        case .symbol(let name): "\(name) is \(sizes[axis] ?? 0) from now on"
        case .input(let name, let position): "axis \(position) of input \(name) is \(sizes[axis] ?? 0) from now on"
        }
    }

    /// Sets axes that are named by place, and gives all names that have a size.
    private func symbols(of model: Model, _ fixed: inout Model) throws(RuleFault) -> [String: Int] {
        var symbols: [String: Int] = [:]
        let names = model.graph.requiredInputs.flatMap { $0.type?.tensor?.dimensions ?? [] }
        for (axis, size) in sizes {
            switch axis {
            case .symbol(let name):
                guard names.contains(.symbol(name)) else { throw RuleFault(Self.missing(name, names)) }
                symbols[name] = size
            case .input(let name, let position):
                try fix(name, position, size, &fixed.graph, &symbols)
            }
        }
        return symbols
    }

    private static func missing(_ name: String, _ names: [Dimension]) -> String {
        let open = Set(names.filter { $0.size == nil && $0 != .unknown }.map(\.description)).sorted()
        return "no input has an axis \(name); "
            + (open.isEmpty ? "no axis has a name: INPUT:AXIS=SIZE" : "open are \(open.joined(separator: ", "))")
    }

    private func fix(
        _ name: String, _ position: Int, _ size: Int, _ graph: inout Graph, _ symbols: inout [String: Int]
    ) throws(RuleFault) {
        guard let index = graph.inputs.firstIndex(where: { $0.name == name }),
            case .tensor(var type)? = graph.inputs[index].type?.kind, let dimensions = type.dimensions,
            dimensions.indices.contains(position)
        else { throw RuleFault("there is no axis \(position) of an input \(name)") }
        switch dimensions[position] {
        case .symbol(let symbol):
            if let other = symbols[symbol] ?? sizes[.symbol(symbol)], other != size {
                throw RuleFault("\(symbol) is \(other) elsewhere, so axis \(position) of \(name) cannot be \(size)")
            }
            symbols[symbol] = size
        case .fixed(let other):
            guard other == size else { throw RuleFault("axis \(position) of \(name) is \(other), not \(size)") }
        case .unknown:
            type.shape?.dimensions[position].value = .size(Int64(size))
            graph.inputs[index].type?.kind = .tensor(type)
        }
    }
}

extension Graph {
    /// Puts numbers in the place of names, in every declaration, also of graphs inside.
    fileprivate mutating func fixDeclarations(_ symbols: [String: Int]) {
        for index in inputs.indices { inputs[index].fix(symbols) }
        for index in outputs.indices { outputs[index].fix(symbols) }
        for index in valueInfo.indices { valueInfo[index].fix(symbols) }
        for node in nodes.indices {
            for place in nodes[node].attributes.indices {
                guard case .graph(var graph) = nodes[node].attributes[place].value else { continue }
                graph.fixDeclarations(symbols)
                nodes[node].attributes[place].value = .graph(graph)
            }
        }
    }

    /// Sizes of outputs that follow from those of inputs.
    fileprivate mutating func declareInferredOutputs(_ types: InferredTypes) {
        for index in outputs.indices {
            guard case .tensor(var type)? = outputs[index].type?.kind, let declared = type.dimensions,
                let inferred = types[outputs[index].name]?.tensor?.dimensions, inferred.count == declared.count
            else { continue }
            for (axis, dimension) in inferred.enumerated() where declared[axis].size == nil {
                guard let size = dimension.size else { continue }
                type.shape?.dimensions[axis].value = .size(Int64(size))
            }
            outputs[index].type?.kind = .tensor(type)
        }
    }
}

extension ValueInfo {
    fileprivate mutating func fix(_ symbols: [String: Int]) {
        guard case .tensor(var tensor)? = type?.kind, let count = tensor.shape?.dimensions.count else { return }
        for axis in 0..<count {
            guard case .symbol(let name)? = tensor.shape?.dimensions[axis].value, let size = symbols[name] else {
                continue
            }
            tensor.shape?.dimensions[axis].value = .size(Int64(size))
        }
        type?.kind = .tensor(tensor)
    }
}
