package import Tensors

/// A model's fields as they are collected; the graph may occur once only.
private struct ModelFields: WireRecord {
    var model = Model()
    var graph: Graph?
    var unknownFields = UnknownFields()

    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: model.irVersion = try reader.int64(field)
        case 2: model.producerName = try reader.string(field)
        case 3: model.producerVersion = try reader.string(field)
        case 4: model.domain = try reader.string(field)
        case 5: model.modelVersion = try reader.int64(field)
        case 6: model.documentation = try reader.documentation(field)
        case 7: try reader.message(field, once: &graph)
        case 8: try reader.message(field, appendingTo: &model.opsetImports)
        case 14: try reader.message(field, appendingTo: &model.metadata)
        case 20: try reader.message(field, appendingTo: &model.trainingInfo)
        case 25: try reader.message(field, appendingTo: &model.functions)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {}
}

extension Model: WireMessage {
    init(readingAll reader: inout WireReader) throws(GraphError) {
        let fields = try ModelFields(readingAll: &reader)
        guard let graph = fields.graph else {
            throw reader.failure("no graph: this is not an ONNX model, or it is cut short", at: reader.position)
        }
        self = fields.model
        self.graph = graph
        unknownFields = fields.unknownFields
    }

    func write(to writer: inout WireWriter) {
        writer.int64(1, ifNotZero: irVersion)
        writer.string(2, ifNotEmpty: producerName)
        writer.string(3, ifNotEmpty: producerVersion)
        writer.string(4, ifNotEmpty: domain)
        writer.int64(5, ifNotZero: modelVersion)
        writer.string(6, ifNotEmpty: documentation)
        writer.message(7, graph)
        writer.messages(8, opsetImports)
        writer.messages(14, metadata)
        writer.messages(20, trainingInfo)
        writer.messages(25, functions)
        writer.unknown(unknownFields)
    }
}

/// Reading and writing files.
extension Model {
    /// Reads a model over a memory map: weights are views into the file and are not read until used.
    ///
    /// - Throws: `GraphError.Code.io`, `.malformed` with a byte offset, or `.limitExceeded`. A model that loads may
    ///   still be invalid: see `validate(_:)`.
    package static func read(path: String, limits: GraphLimits = GraphLimits()) throws(GraphError) -> Model {
        try read(MappedFile(path: path, maximumBytes: limits.fileBytes).buffer, limits: limits)
    }

    /// Reads a model from memory, which its weights keep alive. Its bytes must not change afterwards.
    package static func read(_ buffer: TensorBuffer, limits: GraphLimits = GraphLimits()) throws(GraphError) -> Model {
        guard buffer.capacity <= limits.fileBytes else {
            throw GraphError(
                .limitExceeded, "the model has \(buffer.capacity) bytes; at most \(limits.fileBytes) are accepted")
        }
        var reader = WireReader(buffer, limits: limits)
        return try Model(readingAll: &reader)
    }

    /// The model as the bytes of an ONNX file.
    ///
    /// - Throws: `GraphError.Code.limitExceeded` over 2 GiB, which protobuf cannot read.
    package func encoded() throws(GraphError) -> [UInt8] {
        try encode().encoded
    }

    /// Writes the model as an ONNX file that appears whole or not at all. Weights go straight from where they are to
    /// the file; writing over the file the model was read from is safe.
    ///
    /// - Throws: `GraphError.Code.io`, or `.limitExceeded` over 2 GiB.
    package func write(to path: String) throws(GraphError) {
        let writer = try encode()
        var file = try AtomicFile(path: path) { GraphError(.io, $0.description) }
        try writer.forEachPiece { (piece) throws(GraphError) in try file.write(piece) }
        try file.commit()
    }

    /// Hands over the bytes of an ONNX file piece by piece; weights go straight from where they are.
    ///
    /// - Throws: `GraphError.Code.limitExceeded` over 2 GiB, and what `body` throws.
    package func forEachPiece<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws {
        try encode().forEachPiece(body)
    }

    private func encode() throws(GraphError) -> WireWriter {
        var writer = WireWriter()
        write(to: &writer)
        guard writer.count <= Int(Int32.max) else {
            throw GraphError(
                .limitExceeded,
                "the model would have \(writer.count) bytes; an ONNX file holds at most \(Int32.max). "
                    + "Larger weights belong in external data")
        }
        return writer
    }
}
