import Tensors

/// What the JSON part of an inference reply says: the version that answered, and where its outputs are.
///
/// Strict: unknown members are skipped, known ones must be of the right kind and agree with each other.
struct ReplyLayout {
    /// One output and where its elements are.
    struct Output {
        enum Elements {
            /// They were in the JSON, and have been read.
            case read(Tensor)
            /// They are these bytes after the JSON.
            case binary(Range<Int>)
        }

        var name: String
        var elementType: ElementType
        var shape: Shape
        var elements: Elements
    }

    var modelName: String
    var modelVersion: String?
    var id: String?
    var outputs: [Output]
    /// Bytes that follow the JSON.
    var binaryCount: Int

    /// Whether the JSON alone decides everything above, so that equal JSON means an equal layout.
    var isReusable: Bool {
        outputs.allSatisfy { if case .binary = $0.elements { true } else { false } }
    }

    /// Splits a body into its JSON and the bytes after it.
    ///
    /// - Parameter length: The value of `Inference-Header-Content-Length`; `nil` when the whole body is JSON.
    /// - Throws: `ClientError.Code.malformedReply` for a length that is no number or beyond the body.
    static func jsonLength(_ length: String?, bodyCount: Int) throws(ClientError) -> Int {
        guard let length else { return bodyCount }
        guard let count = Int(length), (0...bodyCount).contains(count) else {
            throw ClientError(
                .malformedReply,
                "the reply says its JSON has '\(length.prefix(20))' bytes; expected at most the body's \(bodyCount)")
        }
        return count
    }

    /// Reads the JSON part.
    ///
    /// - Parameters:
    ///   - json: Alive during the call only; nothing of it is kept.
    ///   - binaryCount: How many bytes follow it. Memory is taken for no more elements than these and the JSON can hold.
    /// - Throws: `ClientError.Code.malformedReply`, the output named in the message.
    init(parsing json: UnsafeRawBufferPointer, binaryCount: Int) throws(ClientError) {
        do throws(JSONError) {
            var parser = ReplyLayoutParser(json: json, binaryCount: binaryCount)
            self = try parser.parse()
        } catch {
            throw ClientError(.malformedReply, "the reply is not an inference response: \(error)")
        }
    }

    init(modelName: String, modelVersion: String?, id: String?, outputs: [Output], binaryCount: Int) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.outputs = outputs
        self.binaryCount = binaryCount
    }
}

private struct ReplyLayoutParser {
    let json: UnsafeRawBufferPointer
    let binaryCount: Int
    var scanner: JSONScanner
    /// Binary bytes that outputs have claimed so far.
    var claimed = 0

    init(json: UnsafeRawBufferPointer, binaryCount: Int) {
        self.json = json
        self.binaryCount = binaryCount
        scanner = JSONScanner(json)
    }

    mutating func parse() throws(JSONError) -> ReplyLayout {
        var (name, version, id): (String?, String?, String?)
        var outputs: [ReplyLayout.Output]?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "model_name": name = try scanner.string()
            case "model_version": version = try optionalString()
            case "id": id = try optionalString()
            case "outputs": outputs = try parseOutputs()
            default: try scanner.skip()
            }
        }
        try scanner.finish()
        guard let name else { throw fault("expected 'model_name', found none") }
        guard let outputs else { throw fault("expected 'outputs', found none") }
        guard claimed == binaryCount else {
            throw fault("expected \(claimed) bytes of tensors after the JSON, found \(binaryCount)")
        }
        return ReplyLayout(
            modelName: name, modelVersion: version, id: id, outputs: outputs, binaryCount: binaryCount)
    }

    private mutating func optionalString() throws(JSONError) -> String? {
        guard try scanner.peek() == .null else { return try scanner.string() }
        try scanner.null()
        return nil
    }

    private mutating func parseOutputs() throws(JSONError) -> [ReplyLayout.Output] {
        var outputs: [ReplyLayout.Output] = []
        try scanner.beginArray()
        while try scanner.nextElement() { outputs.append(try parseOutput(index: outputs.count)) }
        return outputs
    }

    /// The members of one output, in whatever order they came.
    private struct Draft {
        var name: String?
        var elementType: ElementType?
        var shape: Shape?
        var binarySize: Int?
        var tensor: Tensor?
        /// Where `data` begins, when it came before what it takes to read it.
        var dataPosition: Int?
    }

    private mutating func parseOutput(index: Int) throws(JSONError) -> ReplyLayout.Output {
        var draft = Draft()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": draft.name = try scanner.string()
            case "datatype": draft.elementType = try elementType()
            case "shape": draft.shape = try shape()
            case "parameters": draft.binarySize = try binarySize()
            case "data": try data(into: &draft)
            default: try scanner.skip()
            }
        }
        return try output(from: draft, place: draft.name.map { "output '\($0)'" } ?? "output \(index)")
    }

    private mutating func elementType() throws(JSONError) -> ElementType {
        let name = try scanner.string()
        guard let type = ElementType(protocolName: name) else { throw fault("expected a datatype such as FP32") }
        return type
    }

    private mutating func shape() throws(JSONError) -> Shape {
        var dimensions: [Int] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            dimensions.append(try scanner.int())
            guard dimensions.count <= Shape.maximumRank else {
                throw fault("expected a shape of at most \(Shape.maximumRank) dimensions, found more")
            }
        }
        return try checked { () throws(TensorError) in try Shape(dimensions) }
    }

    private mutating func binarySize() throws(JSONError) -> Int? {
        var size: Int?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key == "binary_data_size" { size = try scanner.int() } else { try scanner.skip() }
        }
        return size
    }

    /// Reads the elements at once where type and shape are known, which is how servers write them.
    private mutating func data(into draft: inout Draft) throws(JSONError) {
        guard let type = draft.elementType, let shape = draft.shape else {
            draft.dataPosition = scanner.position
            return try scanner.skip()
        }
        draft.tensor = try tensor(type, shape, from: &scanner)
    }

    private func tensor(
        _ type: ElementType, _ shape: Shape, from scanner: inout JSONScanner
    ) throws(JSONError) -> Tensor {
        // An element takes at least a digit and a comma: a shape cannot ask for more memory than its text justifies.
        guard shape.elementCount <= json.count / 2 else {
            throw fault("expected \(shape.elementCount) elements for shape \(shape), found fewer")
        }
        if type == .string {
            let strings = try scanner.stringElements(shape)
            return try checked { () throws(TensorError) in try Tensor(shape, strings: strings) }
        }
        let buffer = TensorBuffer(capacity: try byteCount(type, shape))
        try scanner.tensorElements(type, shape, into: buffer.mutableBytes)
        return try checked { () throws(TensorError) in try Tensor(type, shape, buffer: buffer) }
    }

    private func byteCount(_ type: ElementType, _ shape: Shape) throws(JSONError) -> Int {
        try checked { () throws(TensorError) in try shape.byteCount(of: type) }
    }

    private func checked<Value>(_ body: () throws(TensorError) -> Value) throws(JSONError) -> Value {
        do throws(TensorError) { return try body() } catch { throw fault(error.message) }
    }

    private mutating func output(from draft: Draft, place: String) throws(JSONError) -> ReplyLayout.Output {
        guard let name = draft.name, let type = draft.elementType, let shape = draft.shape else {
            throw fault("\(place) lacks one of 'name', 'datatype' and 'shape'")
        }
        let elements: ReplyLayout.Output.Elements
        switch (draft.tensor, draft.dataPosition, draft.binarySize) {
        case (let tensor?, nil, nil):
            elements = .read(tensor)
        case (nil, let position?, nil):
            var data = JSONScanner(json, offset: position)
            do throws(JSONError) { elements = .read(try tensor(type, shape, from: &data)) } catch {
                throw error.located(in: place)
            }
        case (nil, nil, let size?):
            elements = .binary(try claim(size, for: type, shape, place))
        default:
            throw fault("\(place) must have exactly one of 'data' and 'parameters.binary_data_size'")
        }
        return ReplyLayout.Output(name: name, elementType: type, shape: shape, elements: elements)
    }

    /// The next `size` bytes after the JSON, which must be what type and shape need.
    private mutating func claim(
        _ size: Int, for type: ElementType, _ shape: Shape, _ place: String
    ) throws(JSONError) -> Range<Int> {
        let remaining = binaryCount - claimed
        guard (0...remaining).contains(size) else {
            throw fault("\(place) claims \(size) bytes after the JSON, found \(remaining)")
        }
        if type != .string {
            let needed = try byteCount(type, shape)
            guard needed == size else {
                throw fault("\(place) is \(type.displayName) \(shape), which takes \(needed) bytes, but claims \(size)")
            }
        }
        defer { claimed += size }
        return claimed..<(claimed + size)
    }

    private func fault(_ message: String) -> JSONError {
        JSONError(.malformed, message, offset: scanner.position)
    }
}
