import Tensors

/// What clients say about regions of shared memory, over REST.
///
/// Source: Triton, system and CUDA shared memory extensions.
extension SharedMemory {
    /// Reads the body of `register`.
    ///
    /// - Throws: `RequestFault` for another body.
    func register(_ name: String, body: [UInt8]) throws(RequestFault) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(body)
        } catch {
            throw RequestFault(error)
        }
        guard let key = value["key"]?.stringValue, let byteCount = value["byte_size"]?.intValue else {
            throw RequestFault(.invalidInput, "expected an object with 'key', 'offset' and 'byte_size'")
        }
        if let offset = value["offset"], offset.intValue == nil {
            throw RequestFault(.invalidInput, "'offset' is a whole number of bytes")
        }
        try register(name, key: key, offset: value["offset"]?.intValue ?? 0, byteCount: byteCount)
    }

    /// The reply to `status`.
    func status(_ name: String) throws(RequestFault) -> [UInt8] {
        JSONValue.array(
            try registered(name).map { region in
                .object([
                    ("name", .string(region.name)), ("key", .string(region.key)), ("offset", .integer(region.offset)),
                    ("byte_size", .integer(region.byteCount)),
                ])
            }
        ).encoded()
    }

    /// Why regions of a graphics processor's memory cannot be registered.
    static let cudaRefusal = RequestFault(
        .notOffered, "this server runs models on processors; there is no CUDA memory to share")

    /// Why there is no shared memory.
    static let refusal = RequestFault(
        .notOffered, "tensors in shared memory are not offered here; serve with --shared-memory-prefix")
}

extension HTTPConnection {
    /// The answer to a request about regions of shared memory.
    func sharedMemoryAnswer(_ match: RouteMatch, body: [UInt8]) throws(RequestFault) -> Answer {
        guard let shared = loop.plane.shared else { throw SharedMemory.refusal }
        let region = match.region ?? ""
        switch match.route.action {
        case .sharedStatus: return Answer(body: try shared.status(region))
        case .sharedRegister: try shared.register(region, body: body)
        case .sharedUnregister: shared.unregister(region)
        case .cudaStatus where region.isEmpty: return Answer(body: Array("[]".utf8))
        case .cudaStatus: throw SharedMemory.unknown
        case .cudaRegister: throw SharedMemory.cudaRefusal
        default: break
        }
        return Answer(body: [])
    }
}
