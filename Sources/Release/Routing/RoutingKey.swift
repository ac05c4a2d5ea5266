/// Where a client stands on the line from 0 up to `TrafficSplit.whole`.
///
/// The point depends on the key and the endpoint only, not on weights, revisions, the process or the machine, so that
/// a client keeps its arm while a canary grows and over restarts. Requests without a key take an independent random
/// point each; drawing it is the caller's work.
package enum RoutingKey {
    /// The point of a key.
    ///
    /// FNV-1a (64 bit) over the UTF-8 bytes of `salt`, one byte 0xFF (which UTF-8 never contains) and the key; then
    /// MurmurHash3's 64-bit finaliser, because the upper bits of FNV-1a are poor for short keys; then the upper 32
    /// bits scaled to the range. Evenly spread for keys that were not chosen to be otherwise: a client that picks its
    /// own key can pick its arm. Costs some two nanoseconds a byte; allocates nothing.
    ///
    /// - Parameters:
    ///   - key: the bytes of the configured header, or of the token's identity.
    ///   - salt: the endpoint's name, so that the same clients are not first on every endpoint.
    package static func point(for key: UnsafeRawBufferPointer, salt: String) -> Int {
        var hash = FNV1a()
        hash.add(salt)
        hash.add(0xFF)
        hash.add(key)
        return scale(finalise(hash.value))
    }

    /// The point of a key that is text; that of its UTF-8 bytes.
    package static func point(for key: String, salt: String) -> Int {
        var hash = FNV1a()
        hash.add(salt)
        hash.add(0xFF)
        hash.add(key)
        return scale(finalise(hash.value))
    }

    private static func finalise(_ hash: UInt64) -> UInt64 {
        var mixed = hash
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }

    private static func scale(_ hash: UInt64) -> Int {
        Int(((hash >> 32) * UInt64(TrafficSplit.whole)) >> 32)
    }
}

/// http://www.isthe.com/chongo/tech/comp/fnv/
private struct FNV1a {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var hash = self
        for byte in bytes { hash.add(byte) }
        self = hash
    }

    mutating func add(_ text: String) {
        let isContiguous: Void? = text.utf8.withContiguousStorageIfAvailable { add(UnsafeRawBufferPointer($0)) }
        if isContiguous == nil { for byte in text.utf8 { add(byte) } }
    }
}
