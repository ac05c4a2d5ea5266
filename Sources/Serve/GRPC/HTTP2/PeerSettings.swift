/// What a client has set that matters for what it is sent.
///
/// Source: RFC 9113 section 6.5.2.
struct PeerSettings: Equatable {
    /// Bytes of header fields that its decoder keeps.
    private(set) var headerTableSize = DynamicTable.usualSize
    /// The window of each stream when it begins.
    private(set) var initialWindow = FlowWindow.usual
    /// Bytes of one frame.
    private(set) var frameBytes = 16_384

    /// Takes the settings of one frame.
    ///
    /// - Parameter payload: of a length that six divides.
    /// - Throws: what they may not be.
    mutating func read(_ payload: UnsafeRawBufferPointer) throws(ConnectionError) {
        for start in stride(from: 0, to: payload.count - payload.count % 6, by: 6) {
            let value = Int(payload.bigEndian(start + 2))
            switch Int(payload[start]) << 8 | Int(payload[start + 1]) {
            case 1: headerTableSize = value
            case 2: guard value <= 1 else { throw ConnectionError(.protocolError) }
            case 4:
                guard value <= FlowWindow.largest else { throw ConnectionError(.flowControlError) }
                initialWindow = value
            case 5:
                guard (16_384...0xFF_FFFF).contains(value) else { throw ConnectionError(.protocolError) }
                frameBytes = value
            default: break
            }
        }
    }
}

/// Bytes of DATA that one side may still send.
///
/// Source: RFC 9113 sections 5.2 and 6.9.
struct FlowWindow: Equatable {
    static let usual = 65_535
    static let largest = Int(Int32.max)

    /// Below 0 after the client has made its windows smaller.
    private(set) var size: Int

    init(_ size: Int) { self.size = size }

    mutating func take(_ count: Int) { size -= count }

    /// - Returns: `false` for more than a window may have.
    mutating func add(_ count: Int) -> Bool {
        guard size + count <= Self.largest else { return false }
        size += count
        return true
    }
}
