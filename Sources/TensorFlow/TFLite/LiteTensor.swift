import ModelGraph
import Tensors

/// A value of a TFLite graph: what it is, and where its elements are when it is constant.
struct LiteTensor {
    let name: String
    let type: ElementType
    /// `nil` where a size is open.
    let sizes: [Int?]
    /// Where its elements are; 0 for a value that is not constant.
    let buffer: Int
    let isVariable: Bool
    let isSparse: Bool
    let quantization: Quantization?
    /// Whether two elements share a byte, which become INT8 here.
    let isPacked: Bool

    init(_ table: FlatTable) throws(TensorFlowError) {
        name = try table.text(3)
        let code = try table.byte(1)
        guard let type = Self.types[code] else {
            throw TensorFlowError("tensor '\(InertName.of(name))' has elements of LiteRT's type \(code)")
        }
        self.type = type
        isPacked = code == Self.packed
        buffer = try table.count(2)
        isVariable = try table.flag(5)
        isSparse = try table.table(6, "sparsity") != nil
        let shape = try table.integers(0) ?? []
        let signature = try table.integers(7) ?? []
        let known = signature.count == shape.count ? signature : shape
        guard known.count <= 8, shape.allSatisfy({ $0 >= 0 }) else {
            throw .broken("tensor '\(InertName.of(name))' has shape \(shape.prefix(9))")
        }
        sizes = known.map { $0 < 0 ? nil : $0 }
        if let quantization = try table.table(4, "quantization") {
            self.quantization = try Quantization(quantization, type, name)
        } else {
            quantization = nil
        }
    }

    private static let packed = 17

    /// By the number in the schema (`TensorType`).
    private static let types: [Int: ElementType] = [
        0: .float32, 1: .float16, 2: .int32, 3: .uint8, 4: .int64, 5: .string, 6: .bool, 7: .int16, 9: .int8,
        10: .float64, 12: .uint64, 15: .uint32, 16: .uint16, packed: .int8,
    ]

    /// The elements of a constant, which are not copied where they are aligned and of one byte at least.
    ///
    /// - Throws: `TensorFlowError` when there are more or fewer than the shape says.
    func constant(_ data: ByteView) throws(TensorFlowError) -> Tensor {
        guard !isSparse, type != .string else {
            throw TensorFlowError(
                "the constant '\(InertName.of(name))' is \(isSparse ? "sparse" : "text"), which is not rebuilt here")
        }
        let dimensions = try sizes.map { (size) throws(TensorFlowError) in
            guard let size else { throw .broken("the constant '\(InertName.of(name))' leaves a size open") }
            return Int64(size)
        }
        let elements = try isPacked ? unpacked(data, dimensions) : data
        do throws(GraphError) {
            return try TensorValue(InertName.of(name), type, dimensions, .raw(elements)).tensor()
        } catch {
            throw TensorFlowError(error)
        }
    }

    /// Each half of a byte as a byte, the low half first.
    private func unpacked(_ data: ByteView, _ dimensions: [Int64]) throws(TensorFlowError) -> ByteView {
        guard let count = TensorValue("", type, dimensions, .absent).elementCount, data.count == count / 2 + count % 2
        else {
            throw .broken("the constant '\(InertName.of(name))' has \(data.count) bytes, which do not fit its shape")
        }
        var result: [UInt8] = []
        result.reserveCapacity(count + 1)
        for byte in data.array {
            let value = Int8(bitPattern: byte)
            result.append(UInt8(bitPattern: (value << 4) >> 4))
            result.append(UInt8(bitPattern: value >> 4))
        }
        return ByteView(copying: Array(result.prefix(count)))
    }
}

/// What integers stand for: `scale * (q - zeroPoint)`, one pair, or one for each slice of an axis.
struct Quantization: Hashable {
    /// Of the integers.
    let type: ElementType
    let scales: [Float]
    let zeroPoints: [Int64]
    var axis: Int

    var isPerAxis: Bool { scales.count > 1 }

    /// - Returns: `nil` when the table says nothing, as converters write it for numbers of single precision.
    fileprivate init?(_ table: FlatTable, _ type: ElementType, _ name: String) throws(TensorFlowError) {
        let scales = try table.floats(2)
        guard !scales.isEmpty, !type.isFloatingPoint, type != .bool, type != .string else { return nil }
        let given = try table.longs(3)
        let zeroPoints = given.isEmpty ? [Int64](repeating: 0, count: scales.count) : given
        guard zeroPoints.count == scales.count, scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw .broken(
                "tensor '\(InertName.of(name))' has \(scales.count) scales and \(zeroPoints.count) zero points, "
                    + "of which each scale must be positive")
        }
        self.type = type
        self.scales = scales
        self.zeroPoints = zeroPoints
        axis = try table.integer(6)
    }
}
