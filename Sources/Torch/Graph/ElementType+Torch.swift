import Tensors

/// PyTorch's numbers of element types.
enum TorchScalarType {
    /// By the numbers that programs use in calls: `c10::ScalarType`.
    static func elementType(_ number: Int) -> ElementType? {
        switch number {
        case 0: .uint8
        case 1: .int8
        case 2: .int16
        case 3: .int32
        case 4: .int64
        case 5: .float16
        case 6: .float32
        case 7: .float64
        case 11: .bool
        case 15: .bfloat16
        case 27: .uint16
        case 28: .uint32
        case 29: .uint64
        default: nil
        }
    }

    /// The number that programs use for a type.
    static func number(_ type: ElementType) -> Int? { (0...29).first { elementType($0) == type } }

    /// By the numbers of an exported program's file, which begin with 1 for the first: `schema.ScalarType`.
    static func exported(_ number: Int) -> ElementType? {
        switch number {
        case 1...8: elementType(number - 1)
        case 12: .bool
        case 13: .bfloat16
        case 28: .uint16
        default: nil
        }
    }

    /// The number that programs use, of one that an exported program's file uses.
    static func program(exported number: Int) -> Int {
        switch number {
        case 13: 15
        case 28: 27
        default: number - 1
        }
    }
}

extension ElementType {
    /// Truth values, whole numbers, fractions: what decides which type an operation of two types has.
    enum Category: Int, Comparable {
        case bool, integer, floating

        static func < (left: Category, right: Category) -> Bool { left.rawValue < right.rawValue }
    }

    var category: Category {
        if self == .bool { return .bool }
        return isFloatingPoint ? .floating : .integer
    }

    /// The type that holds both, as PyTorch chooses it; `nil` where it has none.
    func promoted(with other: ElementType) -> ElementType? {
        if self == other { return self }
        if category != other.category { return category > other.category ? self : other }
        let order: [ElementType] =
            category == .floating ? [.float32, .float64] : [.int8, .int16, .int32, .int64]
        // FP16 with BF16 gives FP32; an unsigned byte with a signed one gives the next larger.
        if category == .floating {
            return max(order.firstIndex(of: self) ?? 0, order.firstIndex(of: other) ?? 0) == 1
                ? .float64
                : (self == .float32 || other == .float32 || self != other) ? .float32 : self
        }
        if self == .uint8 || other == .uint8 {
            let rest = self == .uint8 ? other : self
            return rest == .int8 ? .int16 : order.contains(rest) ? rest : nil
        }
        guard let one = order.firstIndex(of: self), let two = order.firstIndex(of: other) else { return nil }
        return order[max(one, two)]
    }
}
