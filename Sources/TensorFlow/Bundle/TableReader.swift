/// Numbers and bytes of a table in memory, one after the other; every length is checked against what is left.
struct TableReader {
    private let all: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { all = bytes }

    var isAtEnd: Bool { position == all.count }
    private var left: Int { all.count - position }

    mutating func byte() throws(TensorFlowError) -> UInt8 {
        guard left > 0 else { throw Self.short }
        position += 1
        return all[position - 1]
    }

    /// The next bytes, valid while the memory is.
    mutating func bytes(_ count: Int) throws(TensorFlowError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= left else { throw Self.short }
        position += count
        return UnsafeRawBufferPointer(rebasing: all[(position - count)..<position])
    }

    /// A number of one to four bytes, the lowest first.
    mutating func little(_ count: Int) throws(TensorFlowError) -> Int {
        try bytes(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// A number of up to nine groups of seven bits, the lowest first.
    mutating func varint() throws(TensorFlowError) -> Int {
        var value = 0
        for group in 0..<9 {
            let byte = try byte()
            value |= Int(byte & 0x7f) << (7 * group)
            if byte & 0x80 == 0 { return value }
        }
        throw .broken("the variables' index has a number of more than 63 bits")
    }

    private static var short: TensorFlowError { .broken("the variables' index ends too early") }
}
