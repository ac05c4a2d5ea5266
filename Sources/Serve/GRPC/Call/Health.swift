import NIOCore

/// Whether the server, or one model of it, can be called.
///
/// Source: gRPC health checking protocol.
enum HealthStatus: UInt64 {
    case unknown = 0
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3

    /// `HealthCheckResponse`.
    var message: ProtoWriter {
        var writer = ProtoWriter()
        writer.uint64(1, rawValue)
        return writer
    }

    /// The service that a `HealthCheckRequest` asks for.
    static func service(_ message: MessageBytes) throws(RequestFault) -> String {
        try message.withBytes { bytes throws(RequestFault) in
            var reader = ProtoReader(bytes)
            var service = ""
            while let field = try reader.next() {
                if field.number == 1 { service = try reader.string(field) } else { try reader.skip(field) }
            }
            return service
        }
    }
}

extension LoopState {
    /// The health of the whole server, of one of its services, or of a model by its name.
    ///
    /// - Returns: `nil` for a name that is not known.
    func health(of service: String) -> HealthStatus? {
        switch service {
        case "", GRPCMethod.service: return table.isReady && !plane.isDraining ? .serving : .notServing
        default:
            guard let endpoint = table.endpoints[service] else { return nil }
            return endpoint.arms.isEmpty || plane.isDraining ? .notServing : .serving
        }
    }
}

/// `Watch`: says how a service is, and again whenever that changes.
final class HealthWatchHandler: CallHandler {
    private unowned let call: GRPCCall
    private var service: String?
    private var told: HealthStatus?

    init(_ call: GRPCCall) { self.call = call }

    let acceptsMessages = true
    let isIdle = true

    func receive(_ message: MessageBytes) throws(RequestFault) {
        guard service == nil else { throw .severalMessages }
        service = try HealthStatus.service(message)
        try tell()
    }

    func end() throws(RequestFault) {
        guard service != nil else { throw .noMessage }
    }

    func cancel() {}

    func check(_ now: UInt64) throws(RequestFault) { try tell() }

    private func tell() throws(RequestFault) {
        guard let service else { return }
        let status = call.loop.health(of: service) ?? .serviceUnknown
        guard status != told else { return }
        told = status
        let message = status.message
        try call.send(message.bytes.count) { $0.writeBytes(message.bytes) }
        call.connection.flush()
    }
}
