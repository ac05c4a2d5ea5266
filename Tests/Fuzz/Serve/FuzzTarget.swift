import Tensors

/// Every parser: those of files, and those of the data plane, which are compiled into the fuzzer.
enum FuzzTarget {
    case file(ParserTarget)
    /// The JSON of an inference request.
    case request
    /// The JSON of a request in rows, columns or examples.
    case rows
    /// The protobuf of an inference request.
    case infer
    /// …and of TensorFlow Serving's.
    case tensorflow
    /// What a client of HTTP/2 sends.
    case frames
    /// The path of a request line.
    case target
    /// Requests of HTTP/1, from their first byte on.
    case http
    /// What a bucket answers with: a list of objects, or why it refuses.
    case bucket
    /// The header `traceparent`.
    case trace
    /// Labels that come for answers.
    case feedback
    /// What a mail server says.
    case mail

    init?(rawValue: String) {
        switch rawValue {
        case "request": self = .request
        case "rows": self = .rows
        case "infer": self = .infer
        case "tensorflow": self = .tensorflow
        case "frames": self = .frames
        case "target": self = .target
        case "http": self = .http
        case "bucket": self = .bucket
        case "trace": self = .trace
        case "feedback": self = .feedback
        case "mail": self = .mail
        default:
            guard let parser = ParserTarget(rawValue: rawValue) else { return nil }
            self = .file(parser)
        }
    }

    func exercise(_ bytes: [UInt8]) {
        switch self {
        case .file(let parser): parser.exercise(bytes)
        case .bucket: Self.bucket(bytes)
        case .trace: SmallExercise.trace(bytes)
        case .feedback: SmallExercise.feedback(bytes)
        case .mail: SmallExercise.mail(bytes)
        case .request: Self.request(bytes)
        case .rows: Self.rows(bytes)
        case .infer: Self.infer(bytes)
        case .tensorflow: Self.tensorflow(bytes)
        case .frames: FrameExercise.run(bytes)
        case .http: RequestParserTarget.exercise(bytes)
        case .target: _ = try? RequestTarget.segments(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static let pool = BufferPool(budget: 64 << 20)
    private static let arm = LiveArm()

    /// A list's objects have keys and sizes that are some; a refusal has a code.
    private static func bucket(_ bytes: [UInt8]) {
        if let listing = try? BucketListing(bytes) {
            for entry in listing.entries { precondition(entry.size >= 0 && entry.entityTag.hasPrefix("\"")) }
        }
        if let fault = BucketFault(bytes) { precondition(fault.text.unicodeScalars.count <= 1200) }
    }

    private static func request(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            for allowsBinary in [true, false] {
                var parser = V2RequestParser(raw, arm: arm, pool: pool, allowsBinary: allowsBinary)
                do {
                    _ = try arm.ordered(
                        parser.parse().inputs.compactMap { input in
                            guard case .tensor(let tensor) = input.elements else { return nil }
                            return (input.index, tensor)
                        })
                } catch {
                    // Every refusal has words for the client.
                    guard !RequestFault(adapting: error).message.isEmpty else { preconditionFailure("no words") }
                }
            }
        }
        guard pool.bytesInUse == 0 else { preconditionFailure("memory of a refused request was kept") }
    }
}

extension FuzzTarget {
    private static let single = LiveArm(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)])],
        features: ["a", "b", "c", "d"])
    private static let words = LiveArm(
        inputs: [TensorSpec(name: "words", elementType: .string, dimensions: [.symbol("N")])])
    private static let columns = LiveArm(
        inputs: [
            TensorSpec(name: "age", elementType: .float64, dimensions: [.symbol("N"), .fixed(1)]),
            TensorSpec(name: "count", elementType: .int64, dimensions: [.symbol("N")]),
            TensorSpec(name: "name", elementType: .string, dimensions: [.symbol("N"), .fixed(1)]),
        ])

    private static let gapped = LiveArm(
        inputs: [
            TensorSpec(name: "age", elementType: .float64, dimensions: [.symbol("N")]),
            TensorSpec(name: "count", elementType: .int64, dimensions: [.symbol("N")]),
            TensorSpec(name: "name", elementType: .string, dimensions: [.symbol("N")]),
        ], hasColumns: true)

    private static func rows(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            for arm in [single, words, columns, gapped] {
                check {
                    var parser = RowRequestParser(raw, arm: arm, pool: pool)
                    return try parser.parse()
                }
                check {
                    var parser = RowRequestParser(raw, arm: arm, pool: pool, takesEveryForm: true)
                    return try parser.parseAny()
                }
                check {
                    var parser = ExampleRequestParser(raw, arm: arm, pool: pool)
                    return try parser.parse()
                }
                check {
                    var parser = CSVParser(raw, hasHeader: nil, arm: arm, pool: pool)
                    return try parser.parse()
                }
                check { try ArrayInput(arm: arm, pool: pool).parse(raw) }
            }
        }
        guard pool.bytesInUse == 0 else { preconditionFailure("memory of a refused request was kept") }
    }

    /// What is accepted has as many rows as it says; what is refused has words for the client.
    private static func check(_ parse: () throws -> RowRequest?) {
        do {
            guard let request = try parse() else { return }
            for tensor in request.inputs {
                guard request.rows == nil || tensor.shape.dimensions.first == request.rows else {
                    preconditionFailure("a tensor has other rows than the request")
                }
                _ = tensor.values(as: Float.self)?.last
            }
        } catch {
            guard !RequestFault(adapting: error).message.isEmpty else { preconditionFailure("no words") }
        }
    }
}

extension FuzzTarget {
    /// Reads a message, then each of its typed tensors, and writes those again.
    private static func infer(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            _ = InferMessage.firstRawContents(in: raw)
            do {
                let message = try InferMessage(raw)
                for range in message.raw { precondition(range.upperBound <= raw.count) }
                for input in message.inputs { try typed(input, raw) }
            } catch {
                guard !RequestFault(adapting: error).message.isEmpty else { preconditionFailure("no words") }
            }
        }
        guard pool.bytesInUse == 0 else { preconditionFailure("memory of a refused request was kept") }
    }

    private static func typed(_ input: InferMessage.Input, _ raw: UnsafeRawBufferPointer) throws {
        guard let type = ElementType(protocolName: input.datatype) else { return }
        let shape = try Shape(input.shape)
        let tensor = try TypedContents.tensor(type, shape, raw, input.contents, pool: pool)
        var writer = ProtoWriter()
        writer.contents(tensor)
        try writer.bytes.withUnsafeBytes { written in
            let again = try TypedContents.tensor(type, shape, written, 0..<written.count, pool: pool)
            guard again.bytes.elementsEqual(tensor.bytes), again.strings == tensor.strings else {
                preconditionFailure("typed elements come back otherwise")
            }
        }
    }
}

extension FuzzTarget {
    private static let serving = LiveArm(
        inputs: [
            TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)]),
            TensorSpec(name: "words", elementType: .string, dimensions: [.symbol("N")]),
            TensorSpec(name: "ids", elementType: .int64, dimensions: [.symbol("N"), .fixed(2)]),
        ])

    /// Reads the bytes as each of the requests; tensors that are taken are written, and come back as they were.
    private static func tensorflow(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            check {
                let message = try PredictMessage(raw)
                try? message.spec.checkSignature()
                for (_, range) in message.inputs { try value(raw, range) }
                return nil
            }
            check {
                let message = try ScoreMessage(raw)
                let examples = try ExampleInputs(raw, message.input, arm: serving, pool: pool)
                for tensor in try examples.tensors() where tensor.shape.dimensions.first != examples.rows {
                    preconditionFailure("a tensor has other rows than there are examples")
                }
                return nil
            }
            check {
                try value(raw, 0..<raw.count)
                return nil
            }
        }
        _ = try? ModelSpecMessage.first(in: MessageBytes(all: bytes))
        guard pool.bytesInUse == 0 else { preconditionFailure("memory of a refused request was kept") }
    }

    private static func value(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) throws {
        let limit = 1 << 20
        let message = try TensorMessage(raw, range)
        guard let type = message.type else { return }
        let tensor = try message.tensor(
            type, Shape(message.shape), in: MessageBytes(all: []), pool: pool, limit: limit)
        var writer = ProtoWriter()
        writer.tensorMessage(1, tensor)
        try writer.bytes.withUnsafeBytes { written in
            var reader = ProtoReader(written)
            guard let field = try reader.next() else { preconditionFailure("a tensor became nothing") }
            let copy = try TensorMessage(written, try reader.range(field))
            let again = try copy.tensor(
                type, Shape(copy.shape), in: MessageBytes(all: []), pool: pool, limit: limit * 8)
            guard again.bytes.elementsEqual(tensor.bytes), again.strings == tensor.strings else {
                preconditionFailure("a tensor comes back otherwise")
            }
        }
    }
}

/// Stands in for a message as it arrives: one whose tensors never stay where they are.
struct MessageBytes {
    let all: [UInt8]

    func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try all.withUnsafeBytes { bytes -> Result<Value, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }.get()
    }

    func tensorBuffer(_: Range<Int>) -> TensorBuffer? { nil }
}

/// Stands in for a served version: what a request is checked against.
final class LiveArm: Sendable {
    let endpoint = "digits"
    let features: [String]?
    let signature: Signature
    let hasColumns: Bool

    init(
        inputs: [TensorSpec] = [
            TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)]),
            TensorSpec(name: "words", elementType: .string, dimensions: [.symbol("N")]),
            TensorSpec(name: "ids", elementType: .int64, dimensions: [.fixed(2)]),
        ], features: [String]? = nil, hasColumns: Bool = false
    ) {
        self.features = features
        self.hasColumns = hasColumns
        signature = Signature(
            inputs: inputs,
            outputs: [TensorSpec(name: "scores", elementType: .float32, dimensions: [.symbol("N")])])
    }

    func isColumn(_ input: Int) -> Bool { hasColumns }
    func input(_ name: String) -> Int? { signature.inputs.firstIndex { $0.name == name } }
    func output(_ name: String) -> Int? { signature.outputs.firstIndex { $0.name == name } }
}
