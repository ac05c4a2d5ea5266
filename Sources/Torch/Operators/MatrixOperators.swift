import ModelGraph
import Tensors

/// Products of matrices.
enum MatrixOperators {
    static let table: [String: OperatorRule] = [
        "linear": linear,
        "addmm": addmm,
        "mm": { try product($0, "self", "mat2") }, "bmm": { try product($0, "self", "mat2") },
        "matmul": { try product($0, "self", "other") }, "mv": { try product($0, "self", "vec") },
        "dot": { try product($0, "self", "tensor") },
        "baddbmm": { try scaledSum($0, "batch1", "batch2") },
        "einsum": einsum,
    ]

    private static func linear(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let input = try call.tensor("input")
        let weight = try call.tensor("weight")
        let bias = try call.optionalTensor("bias")
        guard weight.rank == 2 else { throw call.refusal("has weights of rank \(weight.rank)") }
        if input.rank == 2 {
            return [.tensor(try call.make("Gemm", [input, weight] + (bias.map { [$0] } ?? []), [.int("transB", 1)]))]
        }
        let turned = try transposed(weight, call)
        var result = try call.make("MatMul", [input, turned])
        if let bias { result = try call.make("Add", [result, bias]) }
        return [.tensor(result)]
    }

    /// A matrix with its axes exchanged; a constant is exchanged here and now.
    static func transposed(_ matrix: ProgramTensor, _ call: OperatorCall) throws(TorchError) -> ProgramTensor {
        let width = matrix.type.bitWidth / 8
        guard let bytes = call.graph.constantBytes(matrix), matrix.rank == 2, width > 0,
            let rows = matrix.sizes[0].size,
            let columns = matrix.sizes[1].size, let count = matrix.elementCount, count > 0, bytes.count == count * width
        else { return try call.make("Transpose", [matrix], [.ints("perm", [1, 0])]) }
        if let known = call.graph.transposes[matrix.name] {
            return ProgramTensor(known, matrix.type, matrix.sizes.reversed())
        }
        var turned = [UInt8](repeating: 0, count: bytes.count)
        bytes.withUnsafeBytes { source in
            for row in 0..<rows {
                for column in 0..<columns {
                    let (from, to) = ((row * columns + column) * width, (column * rows + row) * width)
                    for byte in 0..<width { turned[to + byte] = source[from + byte] }
                }
            }
        }
        let made = call.graph.constant(
            matrix.type, [columns, rows], ByteView(copying: turned), matrix.name + "_transposed")
        call.graph.transposes[matrix.name] = made.name
        return made
    }

    private static func product(
        _ call: OperatorCall, _ left: String, _ right: String
    ) throws(TorchError) -> [ProgramValue] {
        [.tensor(try call.make("MatMul", [try call.tensor(left), try call.tensor(right)]))]
    }

    private static func addmm(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let addend = try call.tensor("self")
        let (left, right) = (try call.tensor("mat1"), try call.tensor("mat2"))
        let (beta, alpha) = (try call.number("beta", default: 1), try call.number("alpha", default: 1))
        guard left.rank == 2, right.rank == 2, addend.rank <= 2 else { throw call.refusal("is given no matrices") }
        return [
            .tensor(
                try call.make("Gemm", [left, right, addend], [.float("alpha", alpha), .float("beta", beta)]))
        ]
    }

    private static func scaledSum(
        _ call: OperatorCall, _ left: String, _ right: String
    ) throws(TorchError) -> [ProgramValue] {
        var addend = try call.tensor("self")
        var product = try call.make("MatMul", [try call.tensor(left), try call.tensor(right)])
        let (beta, alpha) = (try call.number("beta", default: 1), try call.number("alpha", default: 1))
        if alpha != 1 { product = try call.make("Mul", [product, try call.graph.scalar(alpha, product.type)]) }
        if beta == 0 { return [.tensor(product)] }
        if beta != 1 { addend = try call.make("Mul", [addend, try call.graph.scalar(beta, addend.type)]) }
        return [.tensor(try call.make("Add", [product, addend]))]
    }

    private static func einsum(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        call.ignore("path")
        guard let equation = call.text("equation") else { throw call.refusal("has no equation") }
        return [.tensor(try call.make("Einsum", try call.tensors("tensors"), [.text("equation", equation)]))]
    }
}
