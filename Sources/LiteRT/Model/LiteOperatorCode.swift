/// The operators that we write, with their numbers in LiteRT's schema (`BuiltinOperator`).
package enum LiteOperatorCode: Int32, Hashable, Sendable, CaseIterable {
    case add = 0
    case averagePool = 1
    case concatenation = 2
    case convolution = 3
    case depthwiseConvolution = 4
    case depthToSpace = 5
    case dequantize = 6
    case floor = 8
    case fullyConnected = 9
    case logistic = 14
    case maxPool = 17
    case multiply = 18
    case relu = 19
    case reluMinusOneToOne = 20
    case relu6 = 21
    case reshape = 22
    case resizeBilinear = 23
    case softmax = 25
    case spaceToDepth = 26
    case tanh = 28
    case pad = 34
    case gather = 36
    case transpose = 39
    case mean = 40
    case subtract = 41
    case divide = 42
    case stridedSlice = 45
    case exponential = 47
    case topK = 48
    case split = 49
    case logSoftmax = 50
    case cast = 53
    case prelu = 54
    case maximum = 55
    case argMax = 56
    case minimum = 57
    case less = 58
    case negate = 59
    case padWithValue = 60
    case greater = 61
    case greaterOrEqual = 62
    case lessOrEqual = 63
    case sine = 66
    case transposedConvolution = 67
    case tile = 69
    case equal = 71
    case notEqual = 72
    case logarithm = 73
    case sum = 74
    case squareRoot = 75
    case reciprocalSquareRoot = 76
    case power = 78
    case argMin = 79
    case reduceProduct = 81
    case reduceMax = 82
    case logicalOr = 84
    case logicalAnd = 86
    case logicalNot = 87
    case reduceMin = 89
    case floorModulo = 95
    case resizeNearest = 97
    case leakyRelu = 98
    case mirrorPad = 100
    case absolute = 101
    case splitBySizes = 102
    case ceiling = 104
    case cosine = 108
    case elu = 111
    case quantize = 114
    case round = 116
    case hardSwish = 117
    case select = 123
    case batchMatrixMultiply = 126
    case cumulativeSum = 128
    case broadcastTo = 130
    case gelu = 150
    case sign = 158

    /// The schema's name, which LiteRT's own tools show: `CONV_2D`.
    package var displayName: String { Self.names[self] ?? "\(self)".uppercased() }

    /// Names that are not ours in capitals.
    private static let names: [LiteOperatorCode: String] = [
        .averagePool: "AVERAGE_POOL_2D", .convolution: "CONV_2D", .depthwiseConvolution: "DEPTHWISE_CONV_2D",
        .depthToSpace: "DEPTH_TO_SPACE", .fullyConnected: "FULLY_CONNECTED", .maxPool: "MAX_POOL_2D",
        .multiply: "MUL", .reluMinusOneToOne: "RELU_N1_TO_1", .resizeBilinear: "RESIZE_BILINEAR",
        .spaceToDepth: "SPACE_TO_DEPTH", .subtract: "SUB", .divide: "DIV", .stridedSlice: "STRIDED_SLICE",
        .exponential: "EXP", .topK: "TOPK_V2", .logSoftmax: "LOG_SOFTMAX", .argMax: "ARG_MAX", .negate: "NEG",
        .padWithValue: "PADV2", .greaterOrEqual: "GREATER_EQUAL", .lessOrEqual: "LESS_EQUAL", .sine: "SIN",
        .transposedConvolution: "TRANSPOSE_CONV", .notEqual: "NOT_EQUAL", .logarithm: "LOG", .squareRoot: "SQRT",
        .reciprocalSquareRoot: "RSQRT", .power: "POW", .argMin: "ARG_MIN", .reduceProduct: "REDUCE_PROD",
        .reduceMax: "REDUCE_MAX", .logicalOr: "LOGICAL_OR", .logicalAnd: "LOGICAL_AND", .logicalNot: "LOGICAL_NOT",
        .reduceMin: "REDUCE_MIN", .floorModulo: "FLOOR_MOD", .resizeNearest: "RESIZE_NEAREST_NEIGHBOR",
        .leakyRelu: "LEAKY_RELU", .mirrorPad: "MIRROR_PAD", .absolute: "ABS", .splitBySizes: "SPLIT_V",
        .ceiling: "CEIL", .cosine: "COS", .hardSwish: "HARD_SWISH", .select: "SELECT_V2",
        .batchMatrixMultiply: "BATCH_MATMUL", .cumulativeSum: "CUMSUM", .broadcastTo: "BROADCAST_TO",
    ]
}
