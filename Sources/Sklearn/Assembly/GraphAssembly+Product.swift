import ModelGraph

extension GraphAssembly {
    /// `left (N×k) · right (k×m) + bias (m)`, in double precision.
    mutating func product(
        _ left: String, _ right: [Double], _ rows: Int, _ columns: Int, bias: [Double]?, _ stem: String
    ) -> String {
        let matrix = constant(right, [rows, columns], "\(stem)_weights")
        let product = node("MatMul", [left, matrix], "\(stem)_product")
        guard let bias else { return product }
        return node("Add", [product, constant(bias, [bias.count], "\(stem)_bias")], stem)
    }
}
