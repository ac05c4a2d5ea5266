import ModelGraph

/// A table of a FlatBuffer: numbered fields, each of which may be left out. Fields are checked as they are read.
struct FlatTable {
    private let bytes: FlatBytes
    private let position: Int
    private let form: Int
    private let formSize: Int
    private let size: Int
    private let depth: Int
    private let what: String

    /// Bytes that reading a table is counted as.
    private static let cost = 64

    /// The table that the whole buffer is.
    init(root bytes: FlatBytes, identifier: String) throws(TensorFlowError) {
        guard bytes.count >= 12 else { throw .broken("the file has \(bytes.count) bytes, which is no FlatBuffer") }
        let found = try bytes.view(4, 4, "the identifier").array
        guard found.elementsEqual(identifier.utf8) else {
            throw .broken("the file's identifier is not '\(identifier)'")
        }
        try self.init(bytes, try bytes.target(0, "the root"), depth: 0, "the root")
    }

    private init(_ bytes: FlatBytes, _ position: Int, depth: Int, _ what: String) throws(TensorFlowError) {
        guard depth <= FlatBytes.deepest else { throw .limit("\(what) is nested too deeply") }
        try bytes.spend(Self.cost)
        // The form may lie on either side of the table.
        let distance = Int(try bytes.number(position, as: Int32.self, what))
        let form = position - distance
        let formSize = Int(try bytes.number(form, as: UInt16.self, what))
        let size = Int(try bytes.number(form + 2, as: UInt16.self, what))
        guard formSize >= 4, formSize % 2 == 0, size >= 4 else {
            throw .broken("\(what) at byte \(position) has a form of \(formSize) bytes for \(size)")
        }
        try bytes.check(form, formSize, alignment: 2, what)
        try bytes.check(position, size, alignment: 4, what)
        (self.bytes, self.position, self.form) = (bytes, position, form)
        (self.formSize, self.size, self.depth, self.what) = (formSize, size, depth, what)
    }

    /// Where a field of `width` bytes is; `nil` when it is left out.
    private func field(_ slot: Int, width: Int) throws(TensorFlowError) -> Int? {
        let entry = 4 + 2 * slot
        guard entry + 2 <= formSize else { return nil }
        let offset = Int(try bytes.number(form + entry, as: UInt16.self, what))
        guard offset != 0 else { return nil }
        guard offset >= 4, offset + width <= size else {
            throw .broken("field \(slot) of \(what) is outside of its table of \(size) bytes")
        }
        return position + offset
    }

    private func number<Number: FixedWidthInteger>(_ slot: Int, _ standard: Number) throws(TensorFlowError) -> Number {
        guard let place = try field(slot, width: MemoryLayout<Number>.size) else { return standard }
        return try bytes.number(place, as: Number.self, "field \(slot) of \(what)")
    }

    // MARK: - Numbers

    func byte(_ slot: Int, default standard: Int = 0) throws(TensorFlowError) -> Int {
        Int(try number(slot, Int8(truncatingIfNeeded: standard)))
    }

    func flag(_ slot: Int, default standard: Bool = false) throws(TensorFlowError) -> Bool {
        try number(slot, UInt8(standard ? 1 : 0)) != 0
    }

    func integer(_ slot: Int, default standard: Int = 0) throws(TensorFlowError) -> Int {
        Int(try number(slot, Int32(truncatingIfNeeded: standard)))
    }

    func count(_ slot: Int) throws(TensorFlowError) -> Int { Int(try number(slot, UInt32(0))) }

    /// A 64-bit number without a sign; saturates.
    func long(_ slot: Int) throws(TensorFlowError) -> Int { Int(clamping: try number(slot, UInt64(0))) }

    func float(_ slot: Int, default standard: Float = 0) throws(TensorFlowError) -> Float {
        Float(bitPattern: try number(slot, standard.bitPattern))
    }

    // MARK: - What is elsewhere

    private func reference(_ slot: Int) throws(TensorFlowError) -> Int? {
        guard let place = try field(slot, width: 4) else { return nil }
        return try bytes.target(place, "field \(slot) of \(what)")
    }

    func table(_ slot: Int, _ what: String) throws(TensorFlowError) -> FlatTable? {
        guard let place = try reference(slot) else { return nil }
        return try FlatTable(bytes, place, depth: depth + 1, what)
    }

    func text(_ slot: Int) throws(TensorFlowError) -> String {
        guard let place = try reference(slot) else { return "" }
        return try bytes.text(place, "field \(slot) of \(what)")
    }

    /// A vector of tables.
    ///
    /// - Parameter limit: how many are accepted.
    func tables(_ slot: Int, _ name: String, limit: Int = 1_000_000) throws(TensorFlowError) -> [FlatTable] {
        guard let place = try reference(slot) else { return [] }
        let (start, count) = try bytes.vector(place, width: 4, name)
        guard count <= limit else { throw .limit("\(what) has \(count) of \(name); at most \(limit) are accepted") }
        // Paid before the list is made.
        try bytes.spend(count * MemoryLayout<FlatTable>.stride)
        var result: [FlatTable] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            let target = try bytes.target(start + 4 * index, name)
            result.append(try FlatTable(bytes, target, depth: depth + 1, "\(name) \(index)"))
        }
        return result
    }

    private func numbers<Number: FixedWidthInteger>(
        _ slot: Int, as type: Number.Type
    ) throws(TensorFlowError) -> [Number]? {
        guard let place = try reference(slot) else { return nil }
        let width = MemoryLayout<Number>.size
        let (start, count) = try bytes.vector(place, width: width, "field \(slot) of \(what)")
        try bytes.spend(count * 8)
        var result: [Number] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(try bytes.number(start + width * index, as: type, what)) }
        return result
    }

    /// A vector of 32-bit integers; `nil` when it is left out.
    func integers(_ slot: Int) throws(TensorFlowError) -> [Int]? { try numbers(slot, as: Int32.self)?.map(Int.init) }

    /// A vector of 64-bit integers.
    func longs(_ slot: Int) throws(TensorFlowError) -> [Int64] { try numbers(slot, as: Int64.self) ?? [] }

    /// A vector of numbers of single precision.
    func floats(_ slot: Int) throws(TensorFlowError) -> [Float] {
        (try numbers(slot, as: UInt32.self) ?? []).map(Float.init(bitPattern:))
    }

    /// A vector of bytes, which are not copied; `nil` when it is left out.
    func data(_ slot: Int) throws(TensorFlowError) -> ByteView? {
        guard let place = try reference(slot) else { return nil }
        let (start, count) = try bytes.vector(place, width: 1, "field \(slot) of \(what)")
        return try bytes.view(start, count, what)
    }

    /// A part of the file that lies behind the FlatBuffer, as files over 2 GiB have it.
    func outside(offset: Int, size: Int) throws(TensorFlowError) -> ByteView { try bytes.view(offset, size, what) }
}
