import Tensors

/// What is known of a value's type. Less known is never wrong: `unknown` fits everything.
indirect enum TypeFact: Hashable, Sendable {
    case unknown
    /// Element type and sizes; `nil` where not even the rank is known.
    case tensor(ElementType?, [Size]?)
    case sparseTensor(ElementType?, [Size]?)
    case sequence(TypeFact)
    case optional(TypeFact)
    case map(key: ElementType?, TypeFact)
    /// A type that only its own runtime understands.
    case opaque(OpaqueType)

    init(_ type: ValueType?) {
        switch type?.kind {
        case .none, .undeclared: self = .unknown
        case .tensor(let tensor): self = .tensor(tensor.elementType, tensor.dimensions?.map(Size.init))
        case .sparseTensor(let tensor): self = .sparseTensor(tensor.elementType, tensor.dimensions?.map(Size.init))
        case .sequence(let of): self = .sequence(TypeFact(of.element))
        case .optional(let of): self = .optional(TypeFact(of.element))
        case .map(let map): self = .map(key: ElementType(onnxCode: map.keyCode), TypeFact(map.value))
        case .opaque(let type): self = .opaque(type)
        }
    }

    /// The type as a file would declare it; `nil` when nothing is known.
    var valueType: ValueType? {
        switch self {
        case .unknown, .tensor(nil, nil): nil
        case .tensor(let element, let sizes): ValueType(.tensor(Self.tensorType(element, sizes)))
        case .sparseTensor(let element, let sizes): ValueType(.sparseTensor(Self.tensorType(element, sizes)))
        case .sequence(let of): ValueType(.sequence(ElementOf(of.valueType ?? ValueType())))
        case .optional(let of): ValueType(.optional(ElementOf(of.valueType ?? ValueType())))
        case .map(let key, let value):
            key.map { ValueType(.map(MapType(key: $0, value: value.valueType ?? ValueType()))) }
        case .opaque(let type): ValueType(.opaque(type))
        }
    }

    private static func tensorType(_ element: ElementType?, _ sizes: [Size]?) -> TensorType {
        var type = TensorType()
        type.elementCode = element?.onnxCode ?? 0
        type.shape = sizes.map { DeclaredShape($0.map(\.dimension)) }
        return type
    }

    /// The element type, of a tensor.
    var element: ElementType? {
        switch self {
        case .tensor(let element, _), .sparseTensor(let element, _): element
        default: nil
        }
    }

    /// The sizes, of a tensor.
    var sizes: [Size]? {
        switch self {
        case .tensor(_, let sizes), .sparseTensor(_, let sizes): sizes
        default: nil
        }
    }

    /// The same tensor type without its sizes, not even their number.
    var withoutSizes: TypeFact {
        switch self {
        case .tensor(let element, _): .tensor(element, nil)
        case .sparseTensor(let element, _): .sparseTensor(element, nil)
        case .sequence(let of): .sequence(of.withoutSizes)
        case .optional(let of): .optional(of.withoutSizes)
        case .unknown, .map, .opaque: self
        }
    }
}

/// Two facts about one value, or of two values of which either may be meant.
extension TypeFact {
    /// What holds of both: for the branches of an `If`, the rounds of a loop.
    func joined(_ other: TypeFact) -> TypeFact {
        switch (self, other) {
        case (.tensor(let element, let sizes), .tensor(let otherElement, let otherSizes)):
            .tensor(element == otherElement ? element : nil, Self.joined(sizes, otherSizes))
        case (.sparseTensor(let element, let sizes), .sparseTensor(let otherElement, let otherSizes)):
            .sparseTensor(element == otherElement ? element : nil, Self.joined(sizes, otherSizes))
        case (.sequence(let of), .sequence(let other)): .sequence(of.joined(other))
        case (.optional(let of), .optional(let other)): .optional(of.joined(other))
        case (.map(let key, let value), .map(let otherKey, let otherValue)) where key == otherKey:
            .map(key: key, value.joined(otherValue))
        default: self == other ? self : .unknown
        }
    }

    private static func joined(_ left: [Size]?, _ right: [Size]?) -> [Size]? {
        guard let left, let right, left.count == right.count else { return nil }
        return zip(left, right).map { $0 == $1 ? $0 : .unknown }
    }

    /// This fact, made more exact by another about the same value. A contradiction keeps this one.
    ///
    /// - Returns: the fact, and whether the two contradict each other.
    func refined(by other: TypeFact) -> (fact: TypeFact, isContradiction: Bool) {
        switch (self, other) {
        case (.unknown, _): return (other, false)
        case (_, .unknown): return (self, false)
        case (.tensor(let element, let sizes), .tensor(let otherElement, let otherSizes)):
            let (refined, isSizeFault) = Self.refined(sizes, otherSizes)
            let isFault = element != nil && otherElement != nil && element != otherElement
            return (.tensor(element ?? otherElement, refined), isFault || isSizeFault)
        case (.sequence(let of), .sequence(let other)):
            let (fact, isFault) = of.refined(by: other)
            return (.sequence(fact), isFault)
        case (.optional(let of), .optional(let other)):
            let (fact, isFault) = of.refined(by: other)
            return (.optional(fact), isFault)
        default: return (self, false)
        }
    }

    private static func refined(_ left: [Size]?, _ right: [Size]?) -> ([Size]?, Bool) {
        guard let left else { return (right, false) }
        guard let right else { return (left, false) }
        guard left.count == right.count else { return (left, true) }
        var isFault = false
        let sizes = zip(left, right).map { one, other in
            switch (one, other) {
            case (.unknown, _): return other
            // A number says more than a name, and a declared name may be short for our expression.
            case (.symbolic, .fixed): return other
            case (.fixed(let size), .fixed(let otherSize)):
                isFault = isFault || size != otherSize
                return one
            default: return one
            }
        }
        return (sizes, isFault)
    }
}
