extension Digest {
    /// A sum in place of SHA-256, which the fuzzer builds without: quick, and simple enough to be hit.
    package init(of bytes: [UInt8]) {
        let sum = bytes.reduce(0 as UInt8) { $0 &* 31 &+ $1 }
        guard let digest = Digest(bytes: [UInt8](repeating: sum, count: 32)) else { preconditionFailure("32 bytes") }
        self = digest
    }
}
