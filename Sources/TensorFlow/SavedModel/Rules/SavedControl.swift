import ModelGraph
import Tensors

/// Branches and loops, whose functions become graphs inside of a node.
enum SavedControl {
    static let all: [String: SavedRule] = [
        "If": branch, "StatelessIf": branch, "While": loop, "StatelessWhile": loop,
    ]

    // MARK: - Branches

    private static func branch(_ call: SavedCall) throws(TensorFlowError) {
        let condition = try call.input(0)
        guard condition.type == .bool, condition.rank == 0, let then = call.node.function("then_branch"),
            let otherwise = call.node.function("else_branch")
        else { throw TensorFlowError("branches by something else than one truth value, which is not rebuilt here") }
        let name = try call.graph.plain(condition)
        let arguments = Array(call.inputs.dropFirst())
        let (one, left) = try side(call, then, arguments)
        let (other, right) = try side(call, otherwise, arguments)
        guard left.count == right.count, !left.isEmpty else { throw .broken("has branches that answer differently") }
        let made = call.graph.nodes(
            "If", [name], left.map { _ in call.stem },
            [Attribute("then_branch", .graph(one)), Attribute("else_branch", .graph(other))])
        for (place, (name, (value, another))) in zip(made, zip(left, right)).enumerated() {
            guard value.type == another.type, value.rank == another.rank else {
                throw TensorFlowError("has branches that answer with different types or numbers of axes")
            }
            let sizes = zip(value.sizes, another.sizes).map { $0 == $1 ? $0 : nil }
            call.pass(.tensor(call.saved.declare(name, value.type, sizes)), at: place)
        }
    }

    private static func side(
        _ call: SavedCall, _ function: String, _ arguments: [SavedValue]
    ) throws(TensorFlowError) -> (graph: Graph, values: [GraphValue]) {
        var values: [GraphValue] = []
        let graph = try call.saved.body("branch", inputs: []) { () throws(TensorFlowError) in
            values = try tensors(try call.saved.call(function, arguments))
            return values
        }
        return (graph, values)
    }

    static func tensors(_ values: [SavedValue]) throws(TensorFlowError) -> [GraphValue] {
        try values.map { (value) throws(TensorFlowError) in
            guard case .tensor(let tensor) = value else {
                throw TensorFlowError("answers with \(value.kindName), which is not rebuilt here")
            }
            return tensor
        }
    }

    // MARK: - Loops

    private static func loop(_ call: SavedCall) throws(TensorFlowError) {
        var loop = try SavedLoop(call)
        try loop.build()
    }
}

/// A loop of TensorFlow's as one of ONNX's: what changes from round to round is carried, what is written to a list step by step
/// is put together behind it, and everything else is read from around it.
private struct SavedLoop {
    /// What one of the loop's values is.
    private enum Role {
        /// The same in every round.
        case fixed
        /// Another in every round; its name in the body, and what it is at first.
        case carried(name: String, initial: String, value: GraphValue)
        /// A list that is written, of so many elements.
        case list(count: GraphValue)
    }

    private let call: SavedCall
    private let condition: FunctionRecord
    private let body: FunctionRecord
    private let number: Int
    private var roles: [Role] = []
    private var results: [SavedValue] = []

    init(_ call: SavedCall) throws(TensorFlowError) {
        guard let condition = call.node.function("cond").flatMap({ call.saved.meta.functions[$0] }),
            let body = call.node.function("body").flatMap({ call.saved.meta.functions[$0] }),
            body.arguments.count == call.inputs.count, body.results.count == call.inputs.count,
            condition.arguments.count == call.inputs.count, condition.results.count == 1
        else { throw .broken("has functions that do not fit its values") }
        self.call = call
        self.condition = condition
        self.body = body
        number = call.saved.nextLoop()
        for (place, value) in call.inputs.enumerated() { roles.append(try role(of: value, place)) }
    }

    private func role(of value: SavedValue, _ place: Int) throws(TensorFlowError) -> Role {
        let isFixed = FunctionTrace(body).argument(body.results[place]) == place
        switch value {
        case .tensor where isFixed, .variable where isFixed, .texts where isFixed: return .fixed
        case .list(let list):
            if case .reserved(let count) = list.content { return .list(count: count) }
            guard case .stacked = list.content, isFixed else {
                throw TensorFlowError("writes to a list that has elements already, which is not rebuilt here")
            }
            return .fixed
        case .tensor(let tensor):
            // The file says which sizes stay.
            let stated = call.node.statedSizes(place) ?? tensor.sizes
            guard stated.count == tensor.rank else {
                throw .broken("has a value of \(tensor.rank) axes that changes them")
            }
            var carried = tensor
            carried.sizes = stated
            let name = call.graph.assembly.name("\(call.stem)_state")
            carried.source = .made(name: name, isChannelsFirst: false)
            carried.quantization = nil
            return .carried(name: name, initial: try call.graph.plain(tensor), value: carried)
        default: throw TensorFlowError("changes \(value.kindName), which is not rebuilt here")
        }
    }

    mutating func build() throws(TensorFlowError) {
        let start = try test(call.inputs)
        var inputs = [
            ValueInfo(call.graph.assembly.name("\(call.stem)_round"), .int64, []),
            ValueInfo(call.graph.assembly.name("\(call.stem)_goes_on"), .bool, []),
        ]
        var initial = ["", try call.graph.plain(start)]
        var stems: [String] = []
        for case .carried(let name, let first, let value) in roles {
            inputs.append(ValueInfo(name, value.type, value.sizes.map { $0.map(Dimension.fixed) ?? .unknown }))
            initial.append(first)
            stems.append("\(call.stem)_last")
        }
        for case .list in roles { stems.append("\(call.stem)_steps") }
        let graph = try call.saved.body("\(call.stem)_body", inputs: inputs) { () throws(TensorFlowError) in
            try round()
        }
        let made = call.graph.nodes("Loop", initial, stems, [Attribute("body", .graph(graph))])
        try give(made)
    }

    /// Whether the loop goes on.
    private func test(_ values: [SavedValue]) throws(TensorFlowError) -> GraphValue {
        guard case .tensor(let value)? = try call.saved.call(condition.name, values).first, value.type == .bool,
            value.rank == 0
        else { throw TensorFlowError("goes on by something else than one truth value, which is not rebuilt here") }
        return value
    }

    /// One round: whether there is another, what is carried, and what is written.
    private mutating func round() throws(TensorFlowError) -> [GraphValue] {
        var arguments: [SavedValue] = []
        for (place, role) in roles.enumerated() {
            switch role {
            case .fixed: arguments.append(call.inputs[place])
            case .carried(_, _, let value): arguments.append(.tensor(value))
            case .list: arguments.append(.list(TensorList(content: .carried(loop: number, place: place))))
            }
        }
        results = try call.saved.call(body.name, arguments)
        var outputs = [try test(results)]
        for (place, role) in roles.enumerated() {
            guard case .carried(_, _, let value) = role else { continue }
            guard case .tensor(let next) = results[place], next.type == value.type, next.rank == value.rank else {
                throw TensorFlowError("changes the type of a value from round to round, which is not rebuilt here")
            }
            outputs.append(next)
        }
        for (place, role) in roles.enumerated() {
            guard case .list = role else { continue }
            guard case .list(let list) = results[place], case .written(number, place, _, let element) = list.content
            else { throw TensorFlowError("does not write to its list in every round, which is not rebuilt here") }
            outputs.append(element)
        }
        return outputs
    }

    /// What the loop leaves behind.
    private func give(_ made: [String]) throws(TensorFlowError) {
        var carried = made.makeIterator()
        for (place, role) in roles.enumerated() {
            switch role {
            case .fixed: call.pass(call.inputs[place], at: place)
            case .list: break
            case .carried(_, _, let value):
                guard let name = carried.next() else { throw .broken("makes less than it carries") }
                call.pass(.tensor(call.saved.declare(name, value.type, value.sizes)), at: place)
            }
        }
        for (place, role) in roles.enumerated() {
            guard case .list(let count) = role, let name = carried.next(), case .list(let list) = results[place],
                case .written(_, _, let index, let element) = list.content
            else { continue }
            let steps = call.saved.declare(name, element.type, [count.integers?.first] + element.sizes)
            let all = try collected(steps, index, count)
            call.pass(.list(TensorList(content: .stacked(all))), at: place)
        }
    }

    // MARK: - Lists

    /// The elements of a list, out of those that the rounds have written.
    private func collected(
        _ steps: GraphValue, _ index: GraphValue, _ count: GraphValue
    ) throws(TensorFlowError) -> GraphValue {
        if count.integers == [1], index.integers == [0] {
            // Every round writes the same place: the last one stays.
            let graph = call.graph
            let names = [try graph.plain(steps), graph.list([-1]), graph.list([Int(Int32.max)]), graph.list([0])]
            let last = graph.node("Slice", names, "\(call.stem)_last_step")
            return call.saved.declare(last, steps.type, [1] + steps.sizes.dropFirst())
        }
        guard case .made(let name, _) = index.source, let counter = counters.first(where: { carriedName($0) == name })
        else { throw TensorFlowError("writes to a place of its list that is no count of its rounds") }
        guard fills(counter, count) else {
            throw TensorFlowError("may end before its list is full, which is not rebuilt here")
        }
        return steps
    }

    private func carriedName(_ place: Int) -> String? {
        if case .carried(let name, _, _) = roles[place] { name } else { nil }
    }

    /// Values that are 0 at first and one more in each round.
    private var counters: [Int] {
        let trace = FunctionTrace(body)
        return roles.indices.filter { place in
            guard case .carried = roles[place], case .tensor(let initial) = call.inputs[place], initial.integers == [0],
                let node = trace.node(body.results[place]), ["Add", "AddV2"].contains(node.operatorType),
                node.inputs.count == 2
            else { return false }
            let sides = [(0, 1), (1, 0)]
            return sides.contains { trace.argument(node.inputs[$0]) == place && known(node.inputs[$1], trace) == [1] }
        }
    }

    /// Whole numbers that a function has, or is given in every round.
    private func known(_ input: InputName, _ trace: FunctionTrace) -> [Int]? {
        if let integers = trace.integers(input) { return integers }
        guard let place = trace.argument(input), case .fixed = roles[place],
            case .tensor(let value) = call.inputs[place]
        else { return nil }
        return value.integers
    }

    /// Whether the loop ends when a count has reached a number, and for no other reason.
    private func fills(_ counter: Int, _ count: GraphValue) -> Bool {
        let trace = FunctionTrace(condition)
        let counters = counters
        var left = [condition.results[0]]
        var isCounted = false
        for _ in 0..<16 {
            guard let input = left.popLast() else { return isCounted }
            guard let node = trace.node(input), node.inputs.count == 2 else { return false }
            switch node.operatorType {
            case "LogicalAnd": left += node.inputs
            case "Less":
                guard let place = trace.argument(node.inputs[0]), counters.contains(place),
                    isSame(node.inputs[1], trace, count)
                else { return false }
                isCounted = true
            default: return false
            }
        }
        return false
    }

    private func isSame(_ input: InputName, _ trace: FunctionTrace, _ count: GraphValue) -> Bool {
        if let known = known(input, trace) { return known == count.integers }
        guard let place = trace.argument(input), case .fixed = roles[place],
            case .tensor(let limit) = call.inputs[place]
        else { return false }
        guard case .made(let one, _) = limit.source, case .made(let other, _) = count.source else { return false }
        return one == other
    }
}

/// Where a value of a function comes from, seen through operators that hand it on.
struct FunctionTrace {
    private let arguments: [String: Int]
    private let nodes: [String: NodeRecord]

    init(_ function: FunctionRecord) {
        arguments = Dictionary(function.arguments.enumerated().map { ($1, $0) }) { first, _ in first }
        nodes = Dictionary(function.nodes.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The number of the argument that a value is.
    func argument(_ input: InputName) -> Int? {
        var input = input
        for _ in 0..<16 {
            if let argument = arguments[input.node] { return argument }
            guard let node = nodes[input.node], node.operatorType == "Identity", let next = node.inputs.first else {
                return nil
            }
            input = next
        }
        return nil
    }

    /// The node that makes a value.
    func node(_ input: InputName) -> NodeRecord? {
        var input = input
        for _ in 0..<16 {
            guard let node = nodes[input.node] else { return nil }
            guard node.operatorType == "Identity", let next = node.inputs.first else { return node }
            input = next
        }
        return nil
    }

    /// The elements of a constant of whole numbers.
    func integers(_ input: InputName) -> [Int]? {
        guard let node = node(input), node.operatorType == "Const",
            let tensor = try? node.tensor("value")?.tensor(node.name, limit: 1024)
        else { return nil }
        return GraphValue(
            source: .constant(tensor, key: ""), type: tensor.elementType,
            sizes: tensor.shape.dimensions.map(Optional.init)
        ).integers
    }
}
