/// A part of a region of shared memory, where a tensor lies or is to be put.
struct SharedPart: Hashable, Sendable {
    var region: String
    var offset = 0
    var byteCount: Int
}

/// The three parameters that put a tensor into shared memory.
struct SharedMemoryParameters {
    private var region: String?
    private var byteCount: Int?
    private var offset: Int?

    /// Takes one of the two that are numbers; others are left alone.
    mutating func take(_ key: String, integer: Int) throws(RequestFault) {
        switch key {
        case "shared_memory_byte_size": byteCount = try Self.natural(key, integer)
        case "shared_memory_offset": offset = try Self.natural(key, integer)
        default: break
        }
    }

    mutating func take(region name: String) { region = name }

    private static func natural(_ key: String, _ value: Int) throws(RequestFault) -> Int {
        guard value >= 0 else { throw RequestFault(.invalidInput, "parameter '\(key)' is below 0") }
        return value
    }

    /// Where the tensor lies; `nil` when none of the three was given.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` for a region without a size, or the other way round.
    func part() throws(RequestFault) -> SharedPart? {
        guard let region, let byteCount else {
            guard region == nil, byteCount == nil, offset == nil else {
                throw RequestFault(
                    .invalidInput, "'shared_memory_region' and 'shared_memory_byte_size' belong together")
            }
            return nil
        }
        return SharedPart(region: region, offset: offset ?? 0, byteCount: byteCount)
    }
}
