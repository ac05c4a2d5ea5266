import Engines
import Tensors

/// The answers of methods that take no run.
///
/// Source: Open Inference Protocol, gRPC, with Triton's extensions.
extension LoopState {
    func answer(_ action: GRPCMethod.Action, _ message: MessageBytes) throws(RequestFault) -> ProtoWriter {
        var writer = ProtoWriter()
        switch action {
        case .serverLive: writer.bool(1, true)
        case .serverReady: writer.bool(1, health(of: "") == .serving)
        case .serverMetadata:
            writer.string(1, plane.configuration.serverName)
            writer.string(2, plane.configuration.serverVersion)
            writer.strings(
                3, plane.configuration.protocolExtensions.filter { $0 != "binary_tensor_data" })
        case .modelReady:
            // Not an error where there is no such model: the question is whether it can be called.
            writer.bool(1, !plane.isDraining && (try? arm(message)) != nil)
        case .modelMetadata: writer.metadata(of: try arm(message), in: table)
        case .modelConfig: writer.message(1) { [arm = try arm(message)] in $0.configuration(of: arm) }
        case .repositoryIndex: try writeIndex(message, &writer)
        case .healthCheck:
            let service = try HealthStatus.service(message)
            guard let status = health(of: service) else {
                throw RequestFault(.unknownModel, "there is no service or model '\(service.shortened)'")
            }
            return status.message
        case .refused(let reason): throw RequestFault(.unsupported, reason)
        case .modelStatistics: return try statistics(message)
        case .sharedStatus, .sharedRegister, .sharedUnregister, .cudaStatus, .cudaRegister, .cudaUnregister:
            return try sharedMemory(action, message)
        case .servingMetadata: return try servingMetadata(message)
        case .servingStatus: return try servingStatus(message)
        case .predict, .classify, .regress, .modelInfer, .modelStreamInfer, .healthWatch, .repositoryLoad,
            .repositoryUnload:
            throw RequestFault(.unsupported, "this method does not answer so")
        }
        return writer
    }

    /// The version that a message with a model's name (1) and version (2) means.
    private func arm(_ message: MessageBytes) throws(RequestFault) -> LiveArm {
        let (name, version) = try message.withBytes { bytes throws(RequestFault) in try ModelName.read(bytes) }
        let endpoint = try table.endpoint(name)
        return version.isEmpty ? try endpoint.mainArm() : try endpoint.arm(version: version)
    }

    private func writeIndex(_ message: MessageBytes, _ writer: inout ProtoWriter) throws(RequestFault) {
        let onlyReady = try message.withBytes { bytes throws(RequestFault) in
            var reader = ProtoReader(bytes)
            var onlyReady = false
            while let field = try reader.next() {
                if field.number == 2 { onlyReady = try reader.bool(field) } else { try reader.skip(field) }
            }
            return onlyReady
        }
        writeIndex(&writer, onlyReady: onlyReady, names: [])
    }

    /// `RepositoryIndexResponse`.
    ///
    /// - Parameter names: models that could be in service.
    func writeIndex(_ writer: inout ProtoWriter, onlyReady: Bool, names: [String]) {
        for (name, endpoint) in table.endpoints.sorted(by: { $0.key < $1.key }) {
            for arm in endpoint.arms { writer.indexEntry(name, arm.servable.version, "READY", reason: arm.memoryNote) }
            if endpoint.arms.isEmpty, !onlyReady { writer.indexEntry(name, "", "UNAVAILABLE") }
        }
        for name in names where table.endpoints[name] == nil && !onlyReady {
            writer.indexEntry(name, "", "UNAVAILABLE", reason: Repository.unloaded)
        }
    }
}

/// The head of every message about one model.
enum ModelName {
    static func read(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) -> (name: String, version: String) {
        var reader = ProtoReader(bytes)
        var (name, version) = ("", "")
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.string(field)
            case 2: version = try reader.string(field)
            default: try reader.skip(field)
            }
        }
        return (name, version)
    }
}

extension ProtoWriter {
    /// `RepositoryIndexResponse.ModelIndex`.
    fileprivate mutating func indexEntry(_ name: String, _ version: String, _ state: String, reason: String = "") {
        message(1) { entry in
            entry.string(1, name)
            entry.string(2, version)
            entry.string(3, state)
            if !reason.isEmpty { entry.string(4, reason) }
        }
    }

    /// `ModelMetadataResponse`. Its field 6 means different things to different servers and is left out.
    fileprivate mutating func metadata(of arm: LiveArm, in table: LiveTable) {
        string(1, arm.endpoint)
        strings(2, table.endpoints[arm.endpoint]?.arms.map(\.servable.version) ?? [])
        string(3, arm.servable.platform)
        for input in arm.signature.inputs { message(4) { $0.tensor(input) } }
        for output in arm.signature.outputs { message(5) { $0.tensor(output) } }
    }

    private mutating func tensor(_ spec: TensorSpec) {
        string(1, spec.name)
        string(2, spec.elementType.displayName)
        int64s(3, spec.protocolShape)
    }

    /// `ModelConfig`, as far as it says something of a model here; the same as over REST.
    fileprivate mutating func configuration(of arm: LiveArm) {
        string(1, arm.endpoint)
        string(2, arm.servable.platform)
        int64(4, Int64(ModelConfiguration.maximumBatch(arm)))
        for input in arm.signature.inputs {
            message(5) { writer in
                writer.string(1, input.name)
                writer.uint64(2, input.elementType.configurationCode)
                writer.int64s(4, ModelConfiguration.dimensions(input, arm.signature))
            }
        }
        for output in arm.signature.outputs {
            message(6) { writer in
                writer.string(1, output.name)
                writer.uint64(2, output.elementType.configurationCode)
                writer.int64s(3, ModelConfiguration.dimensions(output, arm.signature))
            }
        }
        if arm.servable.sequences != nil { message(13) { _ in } }
        string(17, arm.servable.engine.rawValue)
        message(19) { $0.bool(1, false) }
    }
}

extension TensorSpec {
    /// Sizes, -1 where one is free.
    fileprivate var protocolShape: [Int] { (dimensions ?? [.unknown]).map { $0.size ?? -1 } }
}

extension ElementType {
    /// `DataType` of Triton's model configuration; 0 where it has none.
    fileprivate var configurationCode: UInt64 {
        switch self {
        case .bool: 1
        case .uint8: 2
        case .uint16: 3
        case .uint32: 4
        case .uint64: 5
        case .int8: 6
        case .int16: 7
        case .int32: 8
        case .int64: 9
        case .float16: 10
        case .float32: 11
        case .float64: 12
        case .string: 13
        case .bfloat16: 14
        default: 0
        }
    }
}
