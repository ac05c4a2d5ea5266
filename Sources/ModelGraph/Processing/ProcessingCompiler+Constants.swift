import Tensors

/// Constants that the steps need.
extension ProcessingCompiler {
    /// Numbers in a float type. One number for all is a scalar.
    mutating func addFloats(
        _ base: String, _ values: [Double], shape: [Int], _ type: ElementType
    ) throws(GraphError) -> String {
        do {
            let exact = try Tensor(.float64, try Shape(shape), values: values)
            return editor.addConstant(base, try exact.converted(to: type))
        } catch {
            throw GraphError(.invalidProcessing, error.message)
        }
    }

    /// One integer, such as an index.
    mutating func addInt64(_ base: String, _ value: Int64) throws(GraphError) -> String {
        do {
            return editor.addConstant(base, try Tensor(.int64, .scalar, values: [value]))
        } catch {
            throw GraphError(.invalidProcessing, error.message)
        }
    }

    /// A list of integers, such as a shape.
    mutating func addInt64s(_ base: String, _ values: [Int64]) throws(GraphError) -> String {
        do {
            return editor.addConstant(base, try Tensor(.int64, try Shape([values.count]), values: values))
        } catch {
            throw GraphError(.invalidProcessing, error.message)
        }
    }
}
