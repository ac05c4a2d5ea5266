import ModelGraph
import Tensors

/// What an operator writes for a call. Throws `TorchError`, and nothing else.
typealias OperatorRule = @Sendable (OperatorCall) throws -> [ProgramValue]

/// One call of an operator: its arguments by the names of PyTorch's schema, and the graph that it is written into. An
/// argument that no rule has asked for is refused, so that nothing is left out in silence.
final class OperatorCall {
    /// Without namespace and overload: `conv2d`.
    let name: String
    /// Where in the program, for errors.
    let place: String
    let graph: ProgramGraph
    /// How many values the program expects; 1 where it does not say.
    let outputCount: Int
    private let arguments: [String: ProgramValue]
    private var asked: Set<String> = []

    init(
        _ name: String, _ arguments: [String: ProgramValue], outputCount: Int = 1, place: String, graph: ProgramGraph
    ) {
        self.name = name
        self.arguments = arguments
        self.outputCount = outputCount
        self.place = place
        self.graph = graph
    }

    /// Arguments that the rule has not looked at, other than those that say nothing.
    var unread: [String] {
        arguments.filter { !asked.contains($0.key) && !$0.value.isNone }.map(\.key).sorted()
    }

    func refusal(_ text: String) -> TorchError { TorchError("\(place): \(text)") }

    /// Marks arguments as of no matter for what the model answers.
    func ignore(_ names: String...) { asked.formUnion(names) }

    // MARK: - Arguments

    /// `nil` when it is absent or `None`.
    func value(_ name: String) -> ProgramValue? {
        asked.insert(name)
        guard let value = arguments[name], !value.isNone else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    private func wrong(_ name: String, _ value: ProgramValue?, _ expected: String) -> TorchError {
        refusal("its argument '\(name)' is \(value?.kindName ?? "missing"); expected \(expected)")
    }

    func tensor(_ name: String = "self") throws(TorchError) -> ProgramTensor {
        let value = value(name)
        guard let tensor = value?.tensor else { throw wrong(name, value, "a tensor") }
        return tensor
    }

    func optionalTensor(_ name: String) throws(TorchError) -> ProgramTensor? {
        guard value(name) != nil else { return nil }
        return try tensor(name)
    }

    func tensors(_ name: String) throws(TorchError) -> [ProgramTensor] {
        let value = value(name)
        guard case .list(let items)? = value else { throw wrong(name, value, "a list of tensors") }
        let tensors = items.compactMap(\.tensor)
        guard tensors.count == items.count else { throw wrong(name, value, "a list of tensors") }
        return tensors
    }

    func int(_ name: String, default fallback: Int? = nil) throws(TorchError) -> Int {
        let value = value(name)
        if value == nil, let fallback { return fallback }
        guard let int = value?.int else { throw wrong(name, value, "a whole number") }
        return int
    }

    func number(_ name: String, default fallback: Double? = nil) throws(TorchError) -> Double {
        let value = value(name)
        if value == nil, let fallback { return fallback }
        guard let number = value?.number else { throw wrong(name, value, "a number") }
        return number
    }

    func bool(_ name: String, default fallback: Bool = false) throws(TorchError) -> Bool {
        let value = value(name)
        guard let value else { return fallback }
        guard let number = value.number else { throw wrong(name, value, "a truth value") }
        return number != 0
    }

    func text(_ name: String) -> String? { if case .text(let text)? = value(name) { text } else { nil } }

    /// Whole numbers that are known now; one alone counts as a list. `nil` when absent or empty.
    func ints(_ name: String) throws(TorchError) -> [Int]? {
        let value = value(name)
        switch value {
        case nil: return nil
        case .list(let items)?:
            let numbers = items.compactMap(\.int)
            guard numbers.count == items.count else { throw wrong(name, value, "whole numbers that are known now") }
            return numbers.isEmpty ? nil : numbers
        default:
            guard let int = value?.int else { throw wrong(name, value, "whole numbers") }
            return [int]
        }
    }

    /// One number for each of several axes; one alone is for all of them.
    func ints(_ name: String, count: Int, default fallback: Int) throws(TorchError) -> [Int] {
        guard let numbers = try ints(name) else { return [Int](repeating: fallback, count: count) }
        if numbers.count == count { return numbers }
        guard numbers.count == 1 else {
            throw refusal("its argument '\(name)' has \(numbers.count) numbers; expected \(count)")
        }
        return [Int](repeating: numbers[0], count: count)
    }

    /// Sizes, each known now or at run time.
    func sizes(_ name: String) throws(TorchError) -> [ProgramValue] {
        let value = value(name)
        guard let value else { throw wrong(name, nil, "sizes") }
        let items: [ProgramValue]
        if case .list(let list) = value { items = list } else { items = [value] }
        return try items.map { (item) throws(TorchError) in
            switch item {
            case .size: return item
            case .tensor(let tensor) where tensor.elementCount == 1 && tensor.type.category == .integer:
                return .size(try graph.runTimeSize(tensor))
            default:
                guard let int = item.int else { throw wrong(name, item, "sizes") }
                return .int(int)
            }
        }
    }

    func axis(_ name: String, rank: Int, default fallback: Int? = nil) throws(TorchError) -> Int {
        try axis(try int(name, default: fallback), rank: rank)
    }

    /// An axis from the front. A tensor without axes has one for this purpose.
    func axis(_ number: Int, rank: Int) throws(TorchError) -> Int {
        let rank = max(rank, 1)
        guard (-rank..<rank).contains(number) else { throw refusal("has axis \(number), but rank \(rank)") }
        return number < 0 ? number + rank : number
    }

    /// Axes from the front, in order; all of them where none are named.
    func axes(_ name: String, rank: Int) throws(TorchError) -> [Int] {
        guard let numbers = try ints(name), rank > 0 else { return Array(0..<rank) }
        var axes: [Int] = []
        for number in numbers { axes.append(try axis(number, rank: rank)) }
        guard Set(axes).count == axes.count else { throw refusal("names an axis twice") }
        return axes.sorted()
    }

    /// An element type, by PyTorch's number.
    func elementType(_ name: String) throws(TorchError) -> ElementType? {
        let value = value(name)
        let number: Int
        switch value {
        case nil: return nil
        case .type(let code)?, .int(let code)?: number = code
        default: throw wrong(name, value, "an element type")
        }
        guard let type = TorchScalarType.elementType(number) else {
            throw refusal("has elements of PyTorch's type \(number), which is not carried")
        }
        return type
    }

    // MARK: - Writing

    func make(
        _ operatorType: String, _ inputs: [ProgramTensor?], _ attributes: [Attribute] = []
    ) throws(TorchError) -> ProgramTensor {
        try make(operatorType, names: inputs.map { $0?.name ?? "" }, attributes)
    }

    func make(
        _ operatorType: String, names: [String], _ attributes: [Attribute] = []
    ) throws(TorchError) -> ProgramTensor {
        do throws(TorchError) {
            return try graph.make(operatorType, names, name, attributes)
        } catch {
            throw located(error)
        }
    }

    func makeSeveral(
        _ operatorType: String, names: [String], count: Int, _ attributes: [Attribute] = []
    ) throws(TorchError) -> [ProgramTensor] {
        do throws(TorchError) {
            return try graph.make(operatorType, names, Array(repeating: name, count: count), attributes)
        } catch {
            throw located(error)
        }
    }

    private func located(_ error: TorchError) -> TorchError {
        var error = error
        if !error.message.hasPrefix(place) { error.message = "\(place): \(error.message)" }
        return error
    }

    func cast(_ tensor: ProgramTensor, _ type: ElementType) throws(TorchError) -> ProgramTensor {
        guard tensor.type != type else { return tensor }
        return try make("Cast", [tensor], [Attribute("to", .int(Int64(type.onnxCode)))])
    }
}

extension Attribute {
    static func int(_ name: String, _ value: Int) -> Attribute { Attribute(name, .int(Int64(value))) }
    static func ints(_ name: String, _ values: [Int]) -> Attribute { Attribute(name, .ints(values.map(Int64.init))) }
    static func float(_ name: String, _ value: Double) -> Attribute { Attribute(name, .float(Float(value))) }
    static func text(_ name: String, _ value: String) -> Attribute { Attribute(name, .text(value)) }
}
