import ModelGraph
import Tensors

/// TensorFlow's numbers for element types.
///
/// Source: `core/framework/types.proto`.
enum SavedType {
    static let string: Int32 = 7
    static let resource: Int32 = 20
    static let variant: Int32 = 21
    /// What is added for a type of a variable that is handed over by reference.
    private static let reference: Int32 = 100

    private static let elements: [Int32: ElementType] = [
        1: .float32, 2: .float64, 3: .int32, 4: .uint8, 5: .int16, 6: .int8, 7: .string, 9: .int64, 10: .bool,
        14: .bfloat16, 17: .uint16, 19: .float16, 22: .uint32, 23: .uint64,
    ]

    /// `nil` for complex and quantised numbers, resources, and numbers that are none.
    static func element(_ number: Int32) -> ElementType? {
        elements[number > reference ? number - reference : number]
    }

    /// In words.
    static func name(_ number: Int32) -> String {
        switch number {
        case 8, 18: "complex numbers, which are not rebuilt here"
        case 11...13, 15, 16: "quantised integers, which are not rebuilt here"
        case resource: "a resource"
        case variant: "a variant"
        default: element(number)?.displayName ?? "TensorFlow's type \(number)"
        }
    }
}

/// Shapes as protocol buffers have them.
enum SavedShape {
    private static let mostAxes = 32

    /// A size that is open is `nil`; so is the whole when not even the number of axes is known.
    ///
    /// Source: `core/framework/tensor_shape.proto`.
    static func read(_ field: WireField, _ reader: inout WireReader) throws(GraphError) -> [Int?]? {
        guard field.kind == .bytes else { throw reader.failure("a shape is no message", at: field.start) }
        var sizes: [Int?]? = []
        try reader.nested { reader throws(GraphError) in
            while let field = try reader.next() {
                switch field.number {
                case 2:
                    let size = try size(field, &reader)
                    guard (sizes?.count ?? 0) < mostAxes else {
                        throw reader.failure("a shape has more than \(mostAxes) axes", at: field.start)
                    }
                    sizes?.append(size)
                case 3: if try reader.int64(field) != 0 { sizes = nil }
                default: _ = try reader.skip(field)
                }
            }
        }
        return sizes
    }

    private static func size(_ field: WireField, _ reader: inout WireReader) throws(GraphError) -> Int? {
        guard field.kind == .bytes else { throw reader.failure("a size is no message", at: field.start) }
        var size: Int64 = 0
        try reader.nested { reader throws(GraphError) in
            while let field = try reader.next() {
                if field.number == 1 { size = try reader.int64(field) } else { _ = try reader.skip(field) }
            }
        }
        guard size < 1 << 48 else { throw reader.failure("a size of \(size)", at: field.start) }
        return size < 0 ? nil : Int(size)
    }
}

extension TensorFlowError {
    /// Errors of the wire reader as those of this room.
    static func reading<Result>(
        _ body: () throws(GraphError) -> Result
    ) throws(TensorFlowError) -> Result {
        do throws(GraphError) {
            return try body()
        } catch {
            throw error.code == .limitExceeded ? .limit(error.description) : .broken(error.description)
        }
    }
}
