import Tensors

/// A tensor while a program is rebuilt: a value of the graph. Operators that write into a tensor change it here, so that
/// every name that stands for it means the new one.
final class ProgramTensor {
    /// What it is called in the graph.
    var name: String
    var type: ElementType
    var sizes: [Dimension]
    /// Whether it shares its elements with another tensor, or another with it.
    var sharesElements = false

    init(_ name: String, _ type: ElementType, _ sizes: [Dimension]) {
        self.name = name
        self.type = type
        self.sizes = sizes
    }

    var rank: Int { sizes.count }

    /// The product of the sizes, when all are known and it exists.
    var elementCount: Int? {
        var product = 1
        for size in sizes {
            guard let size = size.size else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            product = next
        }
        return product
    }
}

/// A whole number that is known only when the program runs: a size of an input.
struct RunTimeSize {
    /// A value of the graph: `INT64 [1]`.
    var name: String
    /// What is known of it.
    var dimension: Dimension
}

/// What a name of a program stands for.
indirect enum ProgramValue {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    /// An element type, by PyTorch's number.
    case type(Int)
    case size(RunTimeSize)
    case tensor(ProgramTensor)
    case list([ProgramValue])
    /// Something that no operator may use.
    case opaque(String)

    /// What it is, in words for an error.
    var kindName: String {
        switch self {
        case .none: "None"
        case .bool: "a truth value"
        case .int: "a whole number"
        case .float: "a number"
        case .text: "text"
        case .type: "an element type"
        case .size: "a size that is known only at run time"
        case .tensor: "a tensor"
        case .list: "a list"
        case .opaque(let what): what
        }
    }

    var isNone: Bool { if case .none = self { true } else { false } }
    var tensor: ProgramTensor? { if case .tensor(let tensor) = self { tensor } else { nil } }

    /// A number that is known now.
    var number: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    var int: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        case .float(let value): Int(exactly: value)
        default: nil
        }
    }
}
