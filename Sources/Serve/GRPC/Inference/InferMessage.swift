import Tensors

/// A `ModelInferRequest` as it was sent: names copied, tensors where they are in the message.
///
/// Source: Open Inference Protocol, gRPC. Fields may come in any order; those that are not known are skipped.
struct InferMessage {
    struct Input {
        var name = ""
        var datatype = ""
        var shape: [Int] = []
        /// Where its typed elements are.
        var contents: Range<Int>?
        /// Where its elements are instead.
        var shared: SharedPart?
    }

    struct Output {
        var name = ""
        /// How many of the best classes are wanted; 0 for the elements.
        var classification = 0
        /// Where its elements are put instead of into the answer.
        var shared: SharedPart?
    }

    /// Of inputs, outputs and tensors each; what a message holds takes many times its bytes once it is read.
    private static let mostTensors = 4096

    var model = ""
    var version = ""
    var id = ""
    var parameters = InferParameters()
    var inputs: [Input] = []
    var outputs: [Output] = []
    /// Where the tensors in binary form are.
    var raw: [Range<Int>] = []

    /// - Throws: `RequestFault` for a message that is not well-formed, or asks for what is not offered.
    init(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        var reader = ProtoReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: model = try reader.string(field)
            case 2: version = try reader.string(field)
            case 3: id = try reader.string(field)
            case 4: try parameters.readRequest(bytes, try reader.range(field))
            case 5:
                try Self.check(inputs.count)
                inputs.append(try Input(bytes, try reader.range(field)))
            case 6:
                try Self.check(outputs.count)
                outputs.append(try Self.output(bytes, try reader.range(field)))
            case 7:
                try Self.check(raw.count)
                raw.append(try reader.range(field))
            default: try reader.skip(field)
            }
        }
    }

    private static func check(_ count: Int) throws(RequestFault) {
        guard count < mostTensors else {
            throw RequestFault(.invalidInput, "the request has more than \(mostTensors) inputs or outputs")
        }
    }

    private static func output(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) -> Output {
        var reader = ProtoReader(bytes, range)
        var output = Output()
        var shared = SharedMemoryParameters()
        while let field = try reader.next() {
            switch field.number {
            case 1: output.name = try reader.string(field)
            case 2:
                let entry = try reader.range(field)
                if let count = try InferParameters.readTensor(bytes, entry, &shared) { output.classification = count }
            default: try reader.skip(field)
            }
        }
        output.shared = try shared.part()
        guard output.shared == nil || output.classification == 0 else { throw V2Parameters.sharedClasses }
        return output
    }

    /// Where the first tensor in binary form begins, if that can be told from a message's first bytes.
    static func firstRawContents(in bytes: UnsafeRawBufferPointer) -> Int? {
        var reader = ProtoReader(bytes)
        while let field = try? reader.next() {
            if field.number == 7 {
                guard field.kind == .bytes, (try? reader.varint()) != nil else { return nil }
                return reader.position
            }
            guard (try? reader.skip(field)) != nil else { return nil }
        }
        return nil
    }
}

extension InferMessage.Input {
    fileprivate init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        var shared = SharedMemoryParameters()
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.string(field)
            case 2: datatype = try reader.string(field)
            case 3: try readShape(field, bytes, &reader)
            case 4: _ = try InferParameters.readTensor(bytes, try reader.range(field), &shared)
            case 5:
                guard contents == nil else { throw reader.malformed("an input has 'contents' twice") }
                contents = try reader.range(field)
            default: try reader.skip(field)
            }
        }
        self.shared = try shared.part()
    }

    private mutating func readShape(
        _ field: ProtoField, _ bytes: UnsafeRawBufferPointer, _ reader: inout ProtoReader
    ) throws(RequestFault) {
        guard field.kind == .bytes else { return try append(try reader.int64(field)) }
        var sizes = ProtoReader(bytes, try reader.range())
        while !sizes.isAtEnd { try append(Int64(bitPattern: try sizes.varint())) }
    }

    private mutating func append(_ size: Int64) throws(RequestFault) {
        guard shape.count < Shape.maximumRank else {
            throw RequestFault(.invalidInput, "a shape has more than \(Shape.maximumRank) dimensions")
        }
        shape.append(Int(size))
    }
}
