import Tensors

/// Reads fields of a range of the file, one after another; never beyond its end. All numbers are little-endian.
struct ByteCursor {
    /// The address of an object that is not there.
    static let undefined = UInt64.max

    private let owner: TensorBuffer
    /// Where the next field begins, from the beginning of the file.
    private(set) var position: Int
    let end: Int

    /// - Throws: `HDF5Error.Code.malformed` when the range is not all in the file.
    init(_ owner: TensorBuffer, at address: UInt64, count: Int? = nil, _ what: String) throws(HDF5Error) {
        guard address <= UInt64(owner.capacity), let start = Int(exactly: address) else {
            throw .malformed("\(what) is to be at byte \(address), but the file has \(owner.capacity) bytes")
        }
        let rest = owner.capacity - start
        guard count.map({ $0 >= 0 && $0 <= rest }) ?? true else {
            throw .malformed("\(what) at byte \(start) is to have \(count ?? 0) bytes, but \(rest) follow")
        }
        self.owner = owner
        position = start
        end = start + (count ?? rest)
    }

    var remaining: Int { end - position }

    mutating func skip(_ count: Int) throws(HDF5Error) { _ = try take(count) }

    /// Moves past `count` bytes and says where they begin.
    mutating func take(_ count: Int) throws(HDF5Error) -> Int {
        guard count >= 0, count <= remaining else {
            throw .malformed("expected \(count) bytes at byte \(position), but \(remaining) are left there")
        }
        defer { position += count }
        return position
    }

    mutating func byte() throws(HDF5Error) -> UInt8 {
        let place = try take(1)
        return withExtendedLifetime(owner) { owner.bytes[place] }
    }

    /// A number of `width` bytes, at most eight.
    mutating func number(_ width: Int) throws(HDF5Error) -> UInt64 {
        let place = try take(width)
        var value: UInt64 = 0
        withExtendedLifetime(owner) {
            for index in 0..<min(width, 8) { value |= UInt64(owner.bytes[place + index]) << UInt64(8 * index) }
        }
        return value
    }

    /// A count of `width` bytes.
    mutating func count(_ width: Int) throws(HDF5Error) -> Int {
        let value = try number(width)
        guard let count = Int(exactly: value) else { throw .malformed("\(value) before byte \(position) is no size") }
        return count
    }

    mutating func address() throws(HDF5Error) -> UInt64 { try number(8) }

    mutating func array(_ count: Int) throws(HDF5Error) -> [UInt8] {
        let place = try take(count)
        return withExtendedLifetime(owner) { Array(owner.bytes[place..<(place + count)]) }
    }

    /// Whether these bytes come next; moves past them.
    mutating func expect(_ signature: String, _ what: String) throws(HDF5Error) {
        let place = position
        guard try array(signature.utf8.count).elementsEqual(signature.utf8) else {
            throw .malformed("expected \(what) ('\(signature)') at byte \(place), found something else")
        }
    }

    /// A cursor over the next `count` bytes.
    mutating func part(_ count: Int, _ what: String) throws(HDF5Error) -> ByteCursor {
        try ByteCursor(owner, at: UInt64(try take(count)), count: count, what)
    }
}
