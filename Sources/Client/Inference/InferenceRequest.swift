package import Tensors

/// One call of a model, as the Open Inference Protocol (version 2, REST) puts it.
package struct InferenceRequest: Sendable {
    /// The name under which the model is served.
    package var endpoint: String
    /// `nil` leaves the choice to the server.
    package var version: String?
    /// Every input the model needs, in any order.
    package var inputs: [(name: String, tensor: Tensor)]
    /// The outputs wanted, in this order; empty for all of them.
    package var outputs: [String]
    /// Whether tensors travel as bytes after the JSON, both ways, rather than inside it.
    package var isBinary: Bool
    /// Echoed by the server.
    package var id: String?

    package init(
        endpoint: String, version: String? = nil, inputs: [(name: String, tensor: Tensor)], outputs: [String] = [],
        isBinary: Bool = true, id: String? = nil
    ) {
        self.endpoint = endpoint
        self.version = version
        self.inputs = inputs
        self.outputs = outputs
        self.isBinary = isBinary
        self.id = id
    }

    /// `/v2/models/NAME[/versions/VERSION]/infer`, percent-encoded.
    var path: String { "\(Self.modelPath(endpoint, version))/infer" }

    static func modelPath(_ endpoint: String, _ version: String?) -> String {
        let model = "/v2/models/\(percentEncoded(endpoint))"
        return version.map { "\(model)/versions/\(percentEncoded($0))" } ?? model
    }

    /// Leaves only the unreserved characters of RFC 3986, section 2.3, as they are.
    static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}

/// A body and the headers that describe it.
struct InferenceBody {
    var headers: [HTTPHeader]
    var bytes: [UInt8]
}

extension InferenceRequest {
    /// The header that says where the JSON ends and the tensors' bytes begin.
    static let jsonLengthHeader = "inference-header-content-length"

    /// The body to send.
    ///
    /// - Throws: `ClientError.Code.invalidRequest` for an element type that the protocol has no name for, or that JSON
    ///   does not carry when `isBinary` is false.
    func encodedBody() throws(ClientError) -> InferenceBody {
        var json = JSONWriter(reserving: 256)
        var tail: [UInt8] = []
        json.raw("{")
        if let id {
            json.raw("\"id\":")
            json.string(id)
            json.raw(",")
        }
        json.raw("\"inputs\":[")
        for (index, input) in inputs.enumerated() {
            if index > 0 { json.raw(",") }
            try append(input.tensor, named: input.name, to: &json, tail: &tail)
        }
        json.raw("]")
        appendOutputs(to: &json)
        if isBinary { json.raw(",\"parameters\":{\"binary_data_output\":true}") }
        json.raw("}")
        let type = HTTPHeader("content-type", isBinary ? "application/octet-stream" : "application/json")
        let length = HTTPHeader(Self.jsonLengthHeader, String(json.bytes.count))
        return InferenceBody(headers: isBinary ? [type, length] : [type], bytes: json.bytes + tail)
    }

    private func append(
        _ tensor: Tensor, named name: String, to json: inout JSONWriter, tail: inout [UInt8]
    ) throws(ClientError) {
        guard let type = tensor.elementType.protocolName else {
            throw ClientError(
                .invalidRequest,
                "input '\(name)' is \(tensor.elementType.displayName), which the Open Inference Protocol cannot carry")
        }
        json.raw("{\"name\":")
        json.string(name)
        json.raw(",\"shape\":[")
        for (index, dimension) in tensor.shape.dimensions.enumerated() {
            if index > 0 { json.raw(",") }
            json.integer(dimension)
        }
        json.raw("],\"datatype\":")
        json.string(type)
        if isBinary {
            let start = tail.count
            try Self.appendBytes(of: tensor, named: name, to: &tail)
            json.raw(",\"parameters\":{\"binary_data_size\":")
            json.integer(tail.count - start)
            json.raw("}}")
        } else {
            json.raw(",\"data\":")
            do throws(TensorError) { try json.tensorData(tensor) } catch {
                throw ClientError(error).located(in: "input '\(name)'")
            }
            json.raw("}")
        }
    }

    /// Elements as they lie in memory; strings each after their length as 32 bits, little-endian.
    private static func appendBytes(of tensor: Tensor, named name: String, to tail: inout [UInt8]) throws(ClientError) {
        guard let strings = tensor.strings else {
            tail.append(contentsOf: tensor.bytes)
            return
        }
        for index in 0..<strings.count {
            let element = strings[index]
            guard let length = UInt32(exactly: element.count) else {
                throw ClientError(.invalidRequest, "element \(index) of input '\(name)' is over 4 GiB")
            }
            withUnsafeBytes(of: length.littleEndian) { tail.append(contentsOf: $0) }
            tail.append(contentsOf: element)
        }
    }

    private func appendOutputs(to json: inout JSONWriter) {
        guard !outputs.isEmpty else { return }
        json.raw(",\"outputs\":[")
        for (index, output) in outputs.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"name\":")
            json.string(output)
            if isBinary { json.raw(",\"parameters\":{\"binary_data\":true}") }
            json.raw("}")
        }
        json.raw("]")
    }
}
