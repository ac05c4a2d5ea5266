package import Trust

/// One method that can be called, with the role that calling takes. A method without a role does not compile.
package struct GRPCMethod: Sendable {
    /// What a method does.
    package enum Action: Hashable, Sendable {
        case serverLive, serverReady, serverMetadata
        case modelReady, modelMetadata, modelConfig, modelStatistics, modelInfer, modelStreamInfer
        case repositoryIndex, repositoryLoad, repositoryUnload
        case healthCheck, healthWatch
        case predict, classify, regress, servingMetadata, servingStatus
        case sharedStatus, sharedRegister, sharedUnregister, cudaStatus, cudaRegister, cudaUnregister
        /// Known to the protocol, but not offered: why.
        case refused(String)
    }

    /// Such as `/grpc.health.v1.Health/Check`.
    package let path: String
    /// The method's name without its service.
    package let name: String
    package let role: Role
    package let action: Action
    /// `.health` asks for a viewer when anonymous access to health is switched off.
    package let exposure: Route.Exposure

    private init(
        _ service: String, _ name: String, _ role: Role, _ action: Action, exposure: Route.Exposure = .always
    ) {
        path = "/\(service)/\(name)"
        self.name = name
        self.role = role
        self.action = action
        self.exposure = exposure
    }

    /// Everything there is.
    ///
    /// Source: Open Inference Protocol, gRPC, with Triton's extensions; gRPC health checking protocol.
    package static let table: [GRPCMethod] = inference + tensorFlow + health

    /// Source: TensorFlow Serving, `prediction_service.proto` and `model_service.proto`.
    private static let tensorFlow = [
        GRPCMethod(prediction, "Predict", .invoker, .predict),
        GRPCMethod(prediction, "Classify", .invoker, .classify),
        GRPCMethod(prediction, "Regress", .invoker, .regress),
        GRPCMethod(prediction, "GetModelMetadata", .viewer, .servingMetadata),
        GRPCMethod(
            prediction, "MultiInference", .invoker, .refused("one task a call: use Classify or Regress")),
        GRPCMethod(models, "GetModelStatus", .viewer, .servingStatus),
        GRPCMethod(
            models, "HandleReloadConfigRequest", .admin,
            .refused("models are not configured by clients; use 'slipway deploy' and 'slipway undeploy'")),
    ]

    private static let prediction = "tensorflow.serving.PredictionService"
    private static let models = "tensorflow.serving.ModelService"

    private static let health = [
        GRPCMethod("grpc.health.v1.Health", "Check", .anonymous, .healthCheck, exposure: .health),
        GRPCMethod("grpc.health.v1.Health", "Watch", .anonymous, .healthWatch, exposure: .health),
    ]

    /// The protocol's service.
    static let service = "inference.GRPCInferenceService"

    private static let inference =
        [
            GRPCMethod(service, "ServerLive", .anonymous, .serverLive, exposure: .health),
            GRPCMethod(service, "ServerReady", .anonymous, .serverReady, exposure: .health),
            GRPCMethod(service, "ModelReady", .anonymous, .modelReady, exposure: .health),
            GRPCMethod(service, "ServerMetadata", .viewer, .serverMetadata),
            GRPCMethod(service, "ModelMetadata", .viewer, .modelMetadata),
            GRPCMethod(service, "ModelConfig", .viewer, .modelConfig),
            GRPCMethod(service, "ModelStatistics", .viewer, .modelStatistics),
            GRPCMethod(service, "RepositoryIndex", .viewer, .repositoryIndex),
            GRPCMethod(service, "RepositoryModelLoad", .deployer, .repositoryLoad),
            GRPCMethod(service, "RepositoryModelUnload", .deployer, .repositoryUnload),
            GRPCMethod(service, "ModelInfer", .invoker, .modelInfer),
            GRPCMethod(service, "ModelStreamInfer", .invoker, .modelStreamInfer),
            GRPCMethod(service, "SystemSharedMemoryStatus", .invoker, .sharedStatus),
            GRPCMethod(service, "SystemSharedMemoryRegister", .invoker, .sharedRegister),
            GRPCMethod(service, "SystemSharedMemoryUnregister", .invoker, .sharedUnregister),
            GRPCMethod(service, "CudaSharedMemoryStatus", .invoker, .cudaStatus),
            GRPCMethod(service, "CudaSharedMemoryRegister", .invoker, .cudaRegister),
            GRPCMethod(service, "CudaSharedMemoryUnregister", .invoker, .cudaUnregister),
        ]
        + refused(["TraceSetting", "LogSettings"], .admin, "traces and logs are not set by clients")

    private static func refused(_ names: [String], _ role: Role, _ reason: String) -> [GRPCMethod] {
        names.map { GRPCMethod(service, $0, role, .refused(reason)) }
    }

    private static let byPath = Dictionary(table.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

    /// - Throws: `RequestFault.Code.unsupported`, which gRPC calls unimplemented.
    static func find(_ path: String) throws(RequestFault) -> GRPCMethod {
        guard let method = byPath[path] else {
            throw RequestFault(.unsupported, "there is no method '\(path.shortened)' here")
        }
        return method
    }
}
