import Tensors
import Testing

@testable import Serve

/// `ModelInferRequest`s for tests.
struct TestRequest {
    struct Input {
        var name = "x"
        var datatype = "FP32"
        var shape = [1, 4]
        var parameters: [(String, InferParameters.Value)] = []
        var contents: (@Sendable (inout ProtoWriter) -> Void)?
    }

    var model = "digits"
    var version = ""
    var id = ""
    var parameters: [(String, InferParameters.Value)] = []
    var inputs = [Input()]
    var outputs: [String] = []
    /// Those of every output.
    var outputParameters: [(String, InferParameters.Value)] = []
    var raw: [[UInt8]] = []

    /// `x = values`, FP32 [n, 4], in binary form.
    static func rows(_ values: [Float], id: String = "") -> TestRequest {
        var request = TestRequest(id: id)
        request.inputs[0].shape = [values.count / 4, 4]
        request.raw = [values.withUnsafeBytes { Array($0) }]
        return request
    }

    var bytes: [UInt8] {
        var writer = ProtoWriter()
        writer.string(1, model)
        writer.string(2, version)
        writer.string(3, id)
        writer.parameters(4, parameters)
        for input in inputs {
            writer.message(5) { tensor in
                tensor.string(1, input.name)
                tensor.string(2, input.datatype)
                tensor.int64s(3, input.shape)
                tensor.parameters(4, input.parameters)
                if let contents = input.contents { tensor.message(5, contents) }
            }
        }
        for output in outputs {
            writer.message(6) { tensor in
                tensor.string(1, output)
                tensor.parameters(2, outputParameters)
            }
        }
        for tensor in raw {
            writer.tag(7, .bytes)
            writer.varint(UInt64(tensor.count))
            writer.bytes += tensor
        }
        return writer.bytes
    }
}

extension ProtoWriter {
    fileprivate mutating func parameters(_ number: Int, _ parameters: [(String, InferParameters.Value)]) {
        for (key, value) in parameters {
            message(number) { entry in
                entry.string(1, key)
                entry.message(2) { $0.parameter(value) }
            }
        }
    }

    fileprivate mutating func parameter(_ value: InferParameters.Value) {
        switch value {
        case .none: break
        case .bool(let value):
            tag(1, .varint)
            varint(value ? 1 : 0)
        case .int64(let value):
            tag(2, .varint)
            varint(UInt64(bitPattern: value))
        case .string(let value): element(3, value)
        case .double(let value):
            tag(4, .fixed64)
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) }
        case .uint64(let value):
            tag(5, .varint)
            varint(value)
        }
    }
}

/// A `ModelInferResponse`, read field by field.
struct TestAnswer {
    struct Output {
        var name = ""
        var datatype = ""
        var shape: [Int] = []
        var contents: [UInt8]?
    }

    var model = ""
    var version = ""
    var id = ""
    var isFinal: Bool?
    var outputs: [Output] = []
    var raw: [[UInt8]] = []

    init(_ bytes: [UInt8]) throws {
        for (number, value) in try Self.fields(bytes) {
            let text = String(decoding: value, as: UTF8.self)
            switch number {
            case 1: model = text
            case 2: version = text
            case 3: id = text
            case 4: isFinal = text.contains("triton_final_response") && value.last == 1
            case 5: outputs.append(try Output(value))
            case 6: raw.append(value)
            default: break
            }
        }
    }

    var floats: [Float] {
        raw.first.map { bytes in bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } } ?? []
    }

    /// The fields of a message; integers as their eight bytes.
    static func fields(_ bytes: [UInt8]) throws -> [(number: Int, value: [UInt8])] {
        try bytes.withUnsafeBytes { raw in
            var reader = ProtoReader(raw)
            var fields: [(number: Int, value: [UInt8])] = []
            while let field = try reader.next() {
                if field.kind == .bytes {
                    fields.append((field.number, Array(raw[try reader.range()])))
                } else {
                    let value = try reader.varint()
                    fields.append((field.number, withUnsafeBytes(of: value.littleEndian) { Array($0) }))
                }
            }
            return fields
        }
    }
}

extension TestAnswer.Output {
    fileprivate init(_ bytes: [UInt8]) throws {
        for (number, value) in try TestAnswer.fields(bytes) {
            switch number {
            case 1: name = String(decoding: value, as: UTF8.self)
            case 2: datatype = String(decoding: value, as: UTF8.self)
            case 3:
                shape = value.withUnsafeBytes { raw in
                    var reader = ProtoReader(raw)
                    var sizes: [Int] = []
                    while !reader.isAtEnd, let size = try? reader.varint() {
                        sizes.append(Int(Int64(bitPattern: size)))
                    }
                    return sizes
                }
            case 5: contents = value
            default: break
            }
        }
    }
}

extension FrameClient.Reply {
    /// The first message as a `ModelInferResponse`.
    func answer() throws -> TestAnswer { try TestAnswer(try #require(messages.first, "\(headers)")) }
}
