package import Tensors

/// What a server says about one of its models.
package struct ModelMetadata: Hashable, Sendable {
    package var name: String
    /// Versions that can be asked for; empty where the server does not say.
    package var versions: [String]
    /// Free text, such as `onnxruntime_onnx`.
    package var platform: String
    /// Inputs and outputs; sizes the server gives as -1 are unknown.
    package var signature: Signature

    /// - Throws: `ClientError.Code.malformedReply` naming the member that is missing or of the wrong kind.
    init(decoding reply: HTTPReply) throws(ClientError) {
        let json = try reply.json()
        name = try json.required("name", "a string", \.stringValue)
        platform = try json.required("platform", "a string", \.stringValue)
        versions = (json["versions"]?.arrayValue ?? []).compactMap(\.stringValue)
        signature = Signature(
            inputs: try Self.specs(json.required("inputs", "a list", \.arrayValue)),
            outputs: try Self.specs(json.required("outputs", "a list", \.arrayValue)))
    }

    private static func specs(_ list: [JSONValue]) throws(ClientError) -> [TensorSpec] {
        var specs: [TensorSpec] = []
        for entry in list {
            let datatype = try entry.required("datatype", "a string", \.stringValue)
            guard let type = ElementType(protocolName: datatype) else {
                throw ClientError(.malformedReply, "the reply has a tensor of an unknown datatype")
            }
            var dimensions: [Dimension] = []
            for size in try entry.required("shape", "a list", \.arrayValue) {
                guard let size = size.intValue, size >= -1 else {
                    throw ClientError(.malformedReply, "the reply has a shape with something else than sizes and -1")
                }
                dimensions.append(size < 0 ? .unknown : .fixed(size))
            }
            let name = try entry.required("name", "a string", \.stringValue)
            specs.append(TensorSpec(name: name, elementType: type, dimensions: dimensions))
        }
        return specs
    }
}

/// What a server says about itself.
package struct ServerMetadata: Hashable, Sendable {
    package var name: String
    package var version: String
    /// What it can do beyond the protocol, such as `binary_tensor_data`.
    package var extensions: [String]

    init(decoding reply: HTTPReply) throws(ClientError) {
        let json = try reply.json()
        name = try json.required("name", "a string", \.stringValue)
        version = try json.required("version", "a string", \.stringValue)
        extensions = (json["extensions"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
}

extension HTTPReply {
    /// The body as JSON.
    ///
    /// - Throws: `ClientError.Code.malformedReply`.
    package func json() throws(ClientError) -> JSONValue {
        do throws(JSONError) { return try JSONValue.parse(body) } catch {
            throw ClientError(.malformedReply, "the reply is not JSON: \(error)", status: status)
        }
    }
}

extension JSONValue {
    fileprivate func required<Value>(
        _ key: String, _ kind: String, _ read: (JSONValue) -> Value?
    ) throws(ClientError) -> Value {
        guard let value = self[key].flatMap(read) else {
            throw ClientError(.malformedReply, "expected '\(key)' to be \(kind) in the reply")
        }
        return value
    }
}
