import ModelGraph
package import Tensors

/// A TFLite file, as far as answering needs it.
///
/// Source: `tensorflow/compiler/mlir/lite/schema/schema.fbs`, version 3.
package struct LiteFile {
    /// One graph; the first is the one that runs.
    struct Subgraph {
        let name: String
        let tensors: [LiteTensor]
        let inputs: [Int]
        let outputs: [Int]
        let operations: [LiteOperation]
    }

    /// Names that callers use, for tensors of a graph.
    struct Signature {
        let key: String
        let subgraph: Int
        let inputs: [(name: String, tensor: Int)]
        let outputs: [(name: String, tensor: Int)]
    }

    private static let identifier = "TFL3"

    let description: String
    let subgraphs: [Subgraph]
    let signatures: [Signature]
    /// Names and bytes of what else the file holds.
    let metadata: [(name: String, data: ByteView?)]
    private let buffers: [ByteView?]

    /// Whether a file says that it is one.
    package static func mayOpen(_ buffer: TensorBuffer) -> Bool {
        buffer.capacity > 8 && buffer.bytes[4..<8].elementsEqual(identifier.utf8)
    }

    /// Reads everything but the bytes of constants, which stay where they are.
    ///
    /// - Throws: `TensorFlowError` when any part is outside of the file, not aligned, or more than is accepted.
    package init(_ buffer: TensorBuffer) throws(TensorFlowError) {
        let root = try FlatTable(root: FlatBytes(buffer), identifier: Self.identifier)
        let version = try root.integer(0)
        guard version == 3 else {
            throw TensorFlowError("this TFLite file has schema version \(version); expected 3")
        }
        description = try root.text(3)
        let codes = try LiteOperatorCode.all(of: root)
        var graphs: [Subgraph] = []
        for table in try root.tables(2, "subgraph", limit: 1000) { graphs.append(try Subgraph(table, codes)) }
        subgraphs = graphs
        var buffers: [ByteView?] = []
        for table in try root.tables(4, "buffer") { buffers.append(try Self.data(table)) }
        self.buffers = buffers
        var metadata: [(name: String, data: ByteView?)] = []
        for table in try root.tables(6, "metadata", limit: 1000) {
            let buffer = try table.count(1)
            metadata.append((try table.text(0), buffers.indices.contains(buffer) ? buffers[buffer] : nil))
        }
        self.metadata = metadata
        var signatures: [Signature] = []
        for table in try root.tables(7, "signature", limit: 1000) { signatures.append(try Signature(table)) }
        self.signatures = signatures
    }

    private static func data(_ table: FlatTable) throws(TensorFlowError) -> ByteView? {
        let (offset, size) = (try table.long(1), try table.long(2))
        // 0 and 1 stand for "inside of the FlatBuffer".
        if offset > 1 { return try table.outside(offset: offset, size: size) }
        guard let data = try table.data(0), !data.isEmpty else { return nil }
        return data
    }

    /// The elements of a tensor; `nil` when it is not constant.
    func data(of tensor: LiteTensor) throws(TensorFlowError) -> ByteView? {
        guard buffers.indices.contains(tensor.buffer) else {
            throw .broken("tensor '\(tensor.name)' has its elements in buffer \(tensor.buffer), which there is not")
        }
        return tensor.buffer == 0 ? nil : buffers[tensor.buffer]
    }
}

extension LiteFile.Subgraph {
    fileprivate init(_ table: FlatTable, _ codes: [LiteOperatorCode]) throws(TensorFlowError) {
        name = try table.text(4)
        var tensors: [LiteTensor] = []
        for tensor in try table.tables(0, "tensor") { tensors.append(try LiteTensor(tensor)) }
        self.tensors = tensors
        var operations: [LiteOperation] = []
        for (index, operation) in try table.tables(3, "operator").enumerated() {
            operations.append(try LiteOperation(operation, index, codes))
        }
        self.operations = operations
        inputs = try table.integers(1) ?? []
        outputs = try table.integers(2) ?? []
        for operation in operations {
            try Self.check(operation.inputs, tensors.count, missing: true, "operator \(operation.index)")
            try Self.check(operation.outputs, tensors.count, missing: false, "operator \(operation.index)")
        }
        try Self.check(inputs + outputs, tensors.count, missing: false, "the graph")
    }

    private static func check(
        _ tensors: [Int], _ count: Int, missing: Bool, _ what: String
    ) throws(TensorFlowError) {
        for tensor in tensors where !(0..<count).contains(tensor) && !(missing && tensor == -1) {
            throw .broken("\(what) names tensor \(tensor); there are \(count)")
        }
    }
}

extension LiteFile.Signature {
    fileprivate init(_ table: FlatTable) throws(TensorFlowError) {
        key = try table.text(2)
        subgraph = try table.count(4)
        inputs = try Self.ports(table, 0)
        outputs = try Self.ports(table, 1)
    }

    private static func ports(
        _ table: FlatTable, _ slot: Int
    ) throws(TensorFlowError) -> [(name: String, tensor: Int)] {
        var result: [(name: String, tensor: Int)] = []
        for port in try table.tables(slot, "port", limit: 10_000) {
            result.append((try port.text(0), try port.count(1)))
        }
        return result
    }
}
