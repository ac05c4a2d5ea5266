import Tensors

/// The model as a file.
extension LiteModel {
    /// The file's bytes in pieces: the same model gives the same bytes.
    ///
    /// - Throws: `ConversionError.Code.tooLarge` over 2 GiB.
    func file() throws(ConversionError) -> FlatWriter.File {
        let codes = operatorCodes
        return try FlatWriter.file(
            .table([
                .integer(0, 3),
                .reference(1, .values(codes.map(\.flatValue))),
                .reference(2, .values([subgraph(codes)])),
                .reference(3, .text("Slipway")),
                .reference(4, .values(buffers)),
                .reference(6, .values([metadata])),
                .reference(7, .values([signature])),
            ]), identifier: "TFL3")
    }

    /// An operator in the version that its settings need.
    private struct OperatorUse: Hashable {
        let code: LiteOperatorCode
        let version: Int

        /// Numbers past 127 need a second field; readers take the larger of both.
        var flatValue: FlatValue {
            .table([
                .byte(0, Int(min(127, code.rawValue))), .integer(2, version), .integer(3, Int(code.rawValue)),
            ])
        }
    }

    private var operatorCodes: [OperatorUse] {
        Set(operators.map { OperatorUse(code: $0.code, version: $0.version) })
            .sorted { ($0.code.rawValue, $0.version) < ($1.code.rawValue, $1.version) }
    }

    /// Buffer 0 is empty, as the schema wants; then one for each constant in the tensors' order, and the metadata's.
    private var buffers: [FlatValue] {
        let constants = tensors.compactMap(\.data).map { FlatValue.table([.reference(0, .data($0))]) }
        return [.table([])] + constants + [.table([.reference(0, .bytes(Self.minimumRuntime))])]
    }

    /// The runtime that the file needs at least, as LiteRT's tools look for it: 16 bytes of text.
    private static let minimumRuntime = Array("2.15.0".utf8) + [UInt8](repeating: 0, count: 10)

    private var metadata: FlatValue {
        let buffer = 1 + tensors.count { $0.data != nil }
        return .table([.reference(0, .text("min_runtime_version")), .integer(1, buffer)])
    }

    private var signature: FlatValue {
        .table([
            .reference(0, .values(inputs.map(\.flatValue))), .reference(1, .values(outputs.map(\.flatValue))),
            .reference(2, .text("serving_default")), .integer(4, 0),
        ])
    }

    private func subgraph(_ codes: [OperatorUse]) -> FlatValue {
        let positions = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
        var buffer = 0
        let tensors = tensors.map { tensor -> FlatValue in
            if tensor.data != nil { buffer += 1 }
            return tensor.flatValue(buffer: tensor.data == nil ? 0 : buffer)
        }
        let operators = operators.map { operation -> FlatValue in
            operation.flatValue(positions[OperatorUse(code: operation.code, version: operation.version)] ?? 0)
        }
        return .table([
            .reference(0, .values(tensors)), .reference(1, .integers(inputs.map { Int32($0.tensor) })),
            .reference(2, .integers(outputs.map { Int32($0.tensor) })), .reference(3, .values(operators)),
            .reference(4, .text(name.isEmpty ? "main" : name)),
        ])
    }
}

extension LitePort {
    fileprivate var flatValue: FlatValue { .table([.reference(0, .text(name)), .integer(1, tensor)]) }
}

extension LiteTensor {
    fileprivate func flatValue(buffer: Int) -> FlatValue {
        var fields: [FlatField] = [
            .reference(0, .integers(shape.map { Int32(truncatingIfNeeded: $0) })), .byte(1, type.liteCode ?? 0),
            .integer(2, buffer), .reference(3, .text(name)), .flag(8, true),
        ]
        if let quantization {
            fields.append(
                .reference(
                    4,
                    .table([
                        .reference(2, .floats(quantization.scales)), .reference(3, .longs(quantization.zeroPoints)),
                        .integer(6, quantization.axis),
                    ])))
        }
        return .table(fields)
    }
}

extension LiteOperator {
    fileprivate func flatValue(_ codeIndex: Int) -> FlatValue {
        var fields: [FlatField] = [
            .integer(0, codeIndex), .reference(1, .integers(inputs.map { Int32($0) })),
            .reference(2, .integers(outputs.map { Int32($0) })),
        ]
        if let options {
            fields += [.byte(3, options.kind), .reference(4, options.flatValue(activation))]
        }
        return .table(fields)
    }
}
