import Glibc

/// How many different values a stream has: a HyperLogLog of 1,024 registers, one byte each.
///
/// The standard error is 3.3 %; below some 2,500 values linear counting makes it smaller. Somebody who chooses values for
/// their hashes can make it wrong; nothing but a figure in a table hangs on it.
///
/// Source: Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog" (2007).
package struct DistinctSketch: Hashable, Sendable {
    /// Registers, and bytes.
    static let width = 1024
    private static let bits: UInt64 = 10

    private(set) var registers = [UInt8](repeating: 0, count: width)

    package init() {}

    /// - Returns: `nil` unless there are `width` registers that 64-bit hashes can have.
    init?(registers: [UInt8]) {
        guard registers.count == Self.width, registers.allSatisfy({ $0 <= 64 - UInt8(Self.bits) + 1 }) else {
            return nil
        }
        self.registers = registers
    }

    mutating func add(hash: UInt64) {
        let register = Int(hash >> (64 - Self.bits))
        let rest = (hash << Self.bits) | (1 << (Self.bits - 1))
        let rank = UInt8(rest.leadingZeroBitCount + 1)
        if rank > registers[register] { registers[register] = rank }
    }

    mutating func merge(_ other: DistinctSketch) {
        for index in registers.indices { registers[index] = max(registers[index], other.registers[index]) }
    }

    /// The estimate.
    package var estimate: Double {
        let width = Double(Self.width)
        let harmonic = registers.reduce(0.0) { $0 + 1 / Double(UInt64(1) << UInt64($1)) }
        let raw = 0.7213 / (1 + 1.079 / width) * width * width / harmonic
        let empty = registers.count { $0 == 0 }
        return raw <= 2.5 * width && empty > 0 ? width * log(width / Double(empty)) : raw
    }
}
