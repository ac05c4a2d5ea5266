package import Trust

/// One method that can be called, with the role that calling takes. A method without a role does not compile.
package struct GRPCMethod: Sendable {
    /// What a method does.
    package enum Action: Hashable, Sendable {
        case serverLive, serverReady, serverMetadata
        case modelReady, modelMetadata, modelConfig, modelStatistics, modelInfer, modelStreamInfer
        case repositoryIndex
        case healthCheck, healthWatch
        /// Known to the protocol, but not offered: why.
        case refused(String)
    }

    /// Such as `/grpc.health.v1.Health/Check`.
    package let path: String
    package let role: Role
    package let action: Action
    /// `.health` asks for a viewer when anonymous access to health is switched off.
    package let exposure: Route.Exposure

    private init(
        _ service: String, _ name: String, _ role: Role, _ action: Action, exposure: Route.Exposure = .always
    ) {
        path = "/\(service)/\(name)"
        self.role = role
        self.action = action
        self.exposure = exposure
    }

    /// Everything there is.
    ///
    /// Source: Open Inference Protocol, gRPC, with Triton's extensions; gRPC health checking protocol.
    package static let table: [GRPCMethod] = inference + health

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
            GRPCMethod(service, "ModelInfer", .invoker, .modelInfer),
            GRPCMethod(service, "ModelStreamInfer", .invoker, .modelStreamInfer),
        ]
        + refused(
            ["RepositoryModelLoad", "RepositoryModelUnload"], .deployer,
            "models are not loaded and unloaded by clients; use 'slipway deploy' and 'slipway undeploy'")
        + refused(
            [
                "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister",
                "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister",
            ], .invoker, "tensors in shared memory are not supported; send them in the request")
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

    /// The method's name without its service.
    var name: Substring { path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...] }
}
