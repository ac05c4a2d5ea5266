package import Tensors

extension ModelSummary {
    /// The summary as `slipway show --json` prints it. A dimension is a number, a name, or null.
    package func jsonValue() -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("format", "onnx"),
            ("inputs", .array(inputs.map { $0.jsonValue() })),
            ("outputs", .array(outputs.map { $0.jsonValue() })),
            ("parameters", .integer(parameterCount)),
            ("weightBytes", .integer(weightBytes)),
        ]
        if let fileBytes { members.append(("fileBytes", .integer(fileBytes))) }
        members += [
            ("nodes", .integer(nodeCount)),
            ("operators", .array(operators.map { $0.jsonValue() })),
            ("opsets", .array(opsets.map { $0.jsonValue() })),
            ("irVersion", .integer(Int(irVersion))),
            ("producer", .string(producer)),
            ("producerVersion", .string(producerVersion)),
            ("externalTensors", .integer(externalTensorCount)),
            ("externalFiles", .array(externalFiles.map { $0.jsonValue() })),
            ("functions", .integer(functionCount)),
        ]
        return .object(members)
    }
}

extension ModelSummary.Port {
    fileprivate func jsonValue() -> JSONValue {
        let shape = dimensions.map { dimensions in
            JSONValue.array(
                dimensions.map { dimension in
                    switch dimension {
                    case .fixed(let size): .integer(size)
                    case .symbol(let name): .string(name)
                    case .unknown: .null
                    }
                })
        }
        return .object([("name", .string(name)), ("type", .string(type)), ("shape", shape ?? .null)])
    }
}

extension ExternalFile {
    fileprivate func jsonValue() -> JSONValue {
        .object([
            ("location", .string(location)), ("tensors", .integer(tensorCount)), ("bytes", .integer(byteCount)),
            ("checksum", checksum.map(JSONValue.string) ?? .null),
        ])
    }
}

extension OperatorCount {
    fileprivate func jsonValue() -> JSONValue {
        .object([("operator", .string(name.description)), ("count", .integer(count))])
    }
}

extension OpsetImport {
    fileprivate func jsonValue() -> JSONValue {
        .object([("domain", .string(domain.isEmpty ? "ai.onnx" : domain)), ("version", .integer(Int(version)))])
    }
}
