/// A block of memory that is paid for step by step as it fills, so that a promise of much data costs little.
package protocol ChargedMemory: AnyObject {
    /// The first byte.
    var base: UnsafeMutableRawPointer { get }
    /// Bytes there are.
    var capacity: Int { get }
    /// Pays for the first `count` bytes, before they are written.
    ///
    /// - Returns: `false` when there are not so many, or they are refused; nothing has changed then.
    func charge(upTo count: Int) -> Bool
}

extension ChargedMemory {
    /// Bytes that are paid for at once, so that asking costs little.
    private static var step: Int { 4096 }

    /// Pays for at least `count` bytes.
    ///
    /// - Returns: how many are paid for.
    /// - Throws: `JSONError.Code.noMemory`.
    func pay(for count: Int, at offset: Int) throws(JSONError) -> Int {
        let wanted = min(capacity, count.addingReportingOverflow(Self.step).partialValue)
        if wanted >= count, charge(upTo: wanted) { return wanted }
        guard count <= capacity, charge(upTo: count) else {
            throw JSONError(.noMemory, "there is no memory for the elements", offset: offset)
        }
        return count
    }
}
