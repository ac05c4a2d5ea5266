/// The methods about regions of shared memory.
///
/// Source: Triton, `SystemSharedMemoryRegisterRequest` (1: name, 2: key, 3: offset, 4: byte_size), and the others, which
/// have a name only.
extension LoopState {
    func sharedMemory(_ action: GRPCMethod.Action, _ message: MessageBytes) throws(RequestFault) -> ProtoWriter {
        guard let shared = plane.shared else { throw SharedMemory.refusal }
        let request = try message.withBytes { bytes throws(RequestFault) in
            try RegionMessage(bytes, isRegistration: action == .sharedRegister)
        }
        var writer = ProtoWriter()
        switch action {
        case .sharedStatus:
            for region in try shared.registered(request.name) {
                writer.message(1) { entry in
                    entry.string(1, region.name)
                    entry.message(2) { status in
                        status.string(1, region.name)
                        status.string(2, region.key)
                        status.uint64(3, UInt64(region.offset))
                        status.uint64(4, UInt64(region.byteCount))
                    }
                }
            }
        case .sharedRegister:
            try shared.register(
                request.name, key: request.key, offset: request.offset, byteCount: request.byteCount)
        case .sharedUnregister: shared.unregister(request.name)
        case .cudaRegister: throw SharedMemory.cudaRefusal
        case .cudaStatus where !request.name.isEmpty: throw SharedMemory.unknown
        default: break
        }
        return writer
    }
}

/// What a message about a region says.
private struct RegionMessage {
    private(set) var name = ""
    private(set) var key = ""
    private(set) var offset = 0
    private(set) var byteCount = 0

    init(_ bytes: UnsafeRawBufferPointer, isRegistration: Bool) throws(RequestFault) {
        var reader = ProtoReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.string(field)
            case 2 where isRegistration: key = try reader.string(field)
            case 3 where isRegistration: offset = Int(clamping: try reader.uint64(field))
            case 4 where isRegistration: byteCount = Int(clamping: try reader.uint64(field))
            default: try reader.skip(field)
            }
        }
    }
}
