import Tensors

/// An operator's settings: a table of the schema's union `BuiltinOptions`.
struct LiteOptions: Hashable, Sendable {
    /// The table's number in the union.
    let kind: Int
    let fields: [Setting]
    /// Where the table says which activation is a part of the operator; `nil` where none can be.
    let activationSlot: Int?

    /// One number of a table.
    enum Setting: Hashable, Sendable {
        case byte(Int, Int)
        case integer(Int, Int)
        case float(Int, Float)
    }

    init(_ kind: Int, _ fields: [Setting] = [], activationSlot: Int? = nil) {
        self.kind = kind
        self.fields = fields
        self.activationSlot = activationSlot
    }

    /// The whole number in a slot; 0, which is the schema's default, where there is none.
    func number(_ slot: Int) -> Int {
        for case .byte(slot, let value) in fields { return value }
        for case .integer(slot, let value) in fields { return value }
        return 0
    }

    /// The number in a slot; 0 where there is none.
    func real(_ slot: Int) -> Float {
        for case .float(slot, let value) in fields { return value }
        return 0
    }

    /// The table, with the activation that was made a part of the operator.
    func flatValue(_ activation: LiteActivation) -> FlatValue {
        var result = fields.map { field -> FlatField in
            switch field {
            case .byte(let slot, let value): .byte(slot, value)
            case .integer(let slot, let value): .integer(slot, value)
            case .float(let slot, let value): .float(slot, value)
            }
        }
        if let activationSlot { result.append(.byte(activationSlot, activation.rawValue)) }
        return .table(result)
    }
}

extension LiteOptions {
    static func convolution(_ window: Window) -> LiteOptions {
        LiteOptions(
            1,
            [
                .byte(0, window.padding.rawValue), .integer(1, window.strides[1]), .integer(2, window.strides[0]),
                .integer(4, window.dilations[1]), .integer(5, window.dilations[0]),
            ], activationSlot: 3)
    }

    static func depthwise(_ window: Window, multiplier: Int) -> LiteOptions {
        LiteOptions(
            2,
            [
                .byte(0, window.padding.rawValue), .integer(1, window.strides[1]), .integer(2, window.strides[0]),
                .integer(3, multiplier), .integer(5, window.dilations[1]), .integer(6, window.dilations[0]),
            ], activationSlot: 4)
    }

    static func transposedConvolution(strides: [Int]) -> LiteOptions {
        LiteOptions(
            49, [.byte(0, LitePadding.valid.rawValue), .integer(1, strides[1]), .integer(2, strides[0]), .byte(3, 0)])
    }

    static func pool(_ window: Window) -> LiteOptions {
        LiteOptions(
            5,
            [
                .byte(0, window.padding.rawValue), .integer(1, window.strides[1]), .integer(2, window.strides[0]),
                .integer(3, window.kernel[1]), .integer(4, window.kernel[0]),
            ], activationSlot: 5)
    }

    static func fullyConnected(keepsDimensions: Bool) -> LiteOptions {
        LiteOptions(8, [.byte(1, 0), .byte(2, keepsDimensions ? 1 : 0)], activationSlot: 0)
    }

    static func matrixMultiply(transposesRight: Bool) -> LiteOptions {
        LiteOptions(101, [.byte(0, 0), .byte(1, transposesRight ? 1 : 0)])
    }

    static func concatenation(axis: Int) -> LiteOptions {
        LiteOptions(10, [.integer(0, axis)], activationSlot: 1)
    }

    static func reduction(keepsDimensions: Bool) -> LiteOptions {
        LiteOptions(27, [.byte(0, keepsDimensions ? 1 : 0)])
    }

    static func gather(axis: Int) -> LiteOptions { LiteOptions(23, [.integer(0, axis)]) }

    static func split(count: Int) -> LiteOptions { LiteOptions(35, [.integer(0, count)]) }

    static func splitBySizes(count: Int) -> LiteOptions { LiteOptions(79, [.integer(0, count)]) }

    static func stridedSlice(endMask: Int) -> LiteOptions {
        LiteOptions(32, [.integer(0, 0), .integer(1, endMask)])
    }

    static func argument(_ code: LiteOperatorCode, _ type: ElementType) -> LiteOptions {
        LiteOptions(code == .argMax ? 40 : 57, [.byte(0, type.liteCode ?? 0)])
    }

    static func cast(from: ElementType, to: ElementType) -> LiteOptions {
        LiteOptions(37, [.byte(0, from.liteCode ?? 0), .byte(1, to.liteCode ?? 0)])
    }

    static func block(_ code: LiteOperatorCode, _ size: Int) -> LiteOptions {
        LiteOptions(code == .depthToSpace ? 94 : 19, [.integer(0, size)])
    }

    static func bilinear(alignsCorners: Bool, halfPixel: Bool) -> LiteOptions {
        LiteOptions(15, [.byte(2, alignsCorners ? 1 : 0), .byte(3, halfPixel ? 1 : 0)])
    }

    static func cumulative(exclusive: Bool, reverse: Bool) -> LiteOptions {
        LiteOptions(102, [.byte(0, exclusive ? 1 : 0), .byte(1, reverse ? 1 : 0)])
    }

    static let softmax = LiteOptions(9, [.float(0, 1)])
    static func leakyRelu(_ slope: Float) -> LiteOptions { LiteOptions(75, [.float(0, slope)]) }
    static func gelu(approximate: Bool) -> LiteOptions { LiteOptions(116, [.byte(0, approximate ? 1 : 0)]) }
    static let mirrorPad = LiteOptions(77, [.byte(0, 0)])

    /// The settings of operators without any, or with an activation alone.
    static func usual(_ code: LiteOperatorCode) -> LiteOptions? {
        if let kind = fusing[code] { return LiteOptions(kind, activationSlot: 0) }
        return plain[code].map { LiteOptions($0) }
    }

    private static let fusing: [LiteOperatorCode: Int] = [.add: 11, .subtract: 28, .multiply: 21, .divide: 29]

    private static let plain: [LiteOperatorCode: Int] = [
        .reshape: 17, .pad: 22, .padWithValue: 43, .transpose: 26, .exponential: 33, .logSoftmax: 36, .maximum: 39,
        .minimum: 39, .less: 41, .negate: 42, .greater: 44, .greaterOrEqual: 45, .lessOrEqual: 46, .tile: 51,
        .equal: 53, .notEqual: 54, .power: 56, .logicalOr: 60, .logicalAnd: 62, .logicalNot: 63, .floorModulo: 72,
        .absolute: 78, .cosine: 85, .hardSwish: 91, .select: 98, .broadcastTo: 104, .sign: 123, .topK: 34,
        .quantize: 89, .dequantize: 38,
    ]
}

extension ElementType {
    /// The number in LiteRT's schema (`TensorType`); `nil` for a type that its kernels do not take.
    var liteCode: Int? {
        switch self {
        case .float32: 0
        case .int32: 2
        case .uint8: 3
        case .int64: 4
        case .bool: 6
        case .int16: 7
        case .int8: 9
        default: nil
        }
    }
}
