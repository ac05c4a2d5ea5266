import Tensors

/// Every parser: those of files, and those of the data plane, which are compiled into the fuzzer.
enum FuzzTarget {
    case file(ParserTarget)
    /// The JSON of an inference request.
    case request
    /// The protobuf of an inference request.
    case infer
    /// The path of a request line.
    case target

    init?(rawValue: String) {
        switch rawValue {
        case "request": self = .request
        case "infer": self = .infer
        case "target": self = .target
        default:
            guard let parser = ParserTarget(rawValue: rawValue) else { return nil }
            self = .file(parser)
        }
    }

    func exercise(_ bytes: [UInt8]) {
        switch self {
        case .file(let parser): parser.exercise(bytes)
        case .request: Self.request(bytes)
        case .infer: Self.infer(bytes)
        case .target: _ = try? RequestTarget.segments(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static let pool = BufferPool(budget: 64 << 20)
    private static let arm = LiveArm()

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

/// Stands in for a served version: what a request is checked against.
final class LiveArm: Sendable {
    let endpoint = "digits"
    let signature: Signature

    init() {
        signature = Signature(
            inputs: [
                TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)]),
                TensorSpec(name: "words", elementType: .string, dimensions: [.symbol("N")]),
                TensorSpec(name: "ids", elementType: .int64, dimensions: [.fixed(2)]),
            ], outputs: [TensorSpec(name: "scores", elementType: .float32, dimensions: [.symbol("N")])])
    }

    func input(_ name: String) -> Int? { signature.inputs.firstIndex { $0.name == name } }
    func output(_ name: String) -> Int? { signature.outputs.firstIndex { $0.name == name } }
}
