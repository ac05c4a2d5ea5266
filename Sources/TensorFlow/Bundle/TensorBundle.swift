import ModelGraph
import Tensors

/// The values of variables, by the names that a checkpoint gives them.
///
/// Source: TensorFlow, `core/protobuf/tensor_bundle.proto`, `core/util/tensor_bundle/`.
struct TensorBundle {
    /// Where one tensor is, and what it is.
    struct Entry {
        let type: Int32
        let shape: [Int]
        let shard: Int
        let offset: Int
        let count: Int
        /// Of its bytes, masked.
        let checksum: UInt32
        /// Whether it is stored in parts.
        let isSliced: Bool
    }

    let entries: [String: Entry]
    private let shards: [TensorBuffer]

    /// - Throws: `TensorFlowError` when the index is damaged, or names files that there are not.
    init(index: TensorBuffer, shards: [TensorBuffer]) throws(TensorFlowError) {
        let table = try SortedTable(index)
        guard let first = table.entries.first, first.key.isEmpty else {
            throw .broken("variables.index does not begin with the bundle's own entry")
        }
        let count = try Self.shardCount(first.value)
        guard count == shards.count else {
            throw .broken(
                "the variables are in \(count) files; found \(shards.count) (variables.data-?????-of-\(Self.digits(count)))"
            )
        }
        var entries: [String: Entry] = [:]
        for (key, value) in table.entries.dropFirst() {
            guard let name = String(validating: key, as: UTF8.self) else {
                throw .broken("variables.index has a name that is no UTF-8")
            }
            entries[name] = try Entry(value)
        }
        self.entries = entries
        self.shards = shards
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }

    /// Source: `BundleHeaderProto`.
    private static func shardCount(_ view: ByteView) throws(TensorFlowError) -> Int {
        var count = 0
        try TensorFlowError.reading { () throws(GraphError) in
            var reader = WireReader(view.tensorBuffer)
            while let field = try reader.next() {
                switch field.number {
                case 1: count = Int(try reader.int32(field))
                case 2:
                    guard try reader.int64(field) == 0 else {
                        throw reader.failure("the variables are written in big-endian order", at: field.start)
                    }
                default: _ = try reader.skip(field)
                }
            }
        }
        return count
    }

    /// The elements of a tensor, compared with their checksum. They stay where they are.
    ///
    /// - Throws: `TensorFlowError` for texts and parts, and when the bytes are not those that were written.
    func tensor(_ entry: Entry, _ name: String) throws(TensorFlowError) -> Tensor {
        let shown = InertName.of(name)
        guard !entry.isSliced else {
            throw TensorFlowError("the variable '\(shown)' is stored in parts, which are not put together here")
        }
        guard let type = SavedType.element(entry.type), type.bitWidth >= 8 else {
            throw TensorFlowError("the variable '\(shown)' has elements of \(SavedType.name(entry.type))")
        }
        guard shards.indices.contains(entry.shard) else {
            throw .broken("the variable '\(shown)' is in file \(entry.shard) of \(shards.count)")
        }
        let (end, overflow) = entry.offset.addingReportingOverflow(entry.count)
        guard !overflow, let view = ByteView(shards[entry.shard], entry.offset..<end) else {
            throw .broken("the variable '\(shown)' is outside of its file, which may be cut short")
        }
        guard view.withUnsafeBytes({ Castagnoli.masked($0) }) == entry.checksum else {
            throw .broken("the checksum of the variable '\(shown)' is wrong")
        }
        do throws(GraphError) {
            return try TensorValue(shown, type, entry.shape.map(Int64.init), .raw(view)).tensor()
        } catch {
            throw TensorFlowError(error)
        }
    }
}

extension TensorBundle.Entry {
    /// Source: `BundleEntryProto`.
    fileprivate init(_ view: ByteView) throws(TensorFlowError) {
        var (type, shard, offset, count) = (Int32(0), Int32(0), Int64(0), Int64(0))
        var checksum: UInt32 = 0
        var shape: [Int?]? = []
        var isSliced = false
        try TensorFlowError.reading { () throws(GraphError) in
            var reader = WireReader(view.tensorBuffer)
            while let field = try reader.next() {
                switch field.number {
                case 1: type = try reader.int32(field)
                case 2: shape = try SavedShape.read(field, &reader)
                case 3: shard = try reader.int32(field)
                case 4: offset = try reader.int64(field)
                case 5: count = try reader.int64(field)
                case 6: checksum = try reader.float(field).bitPattern
                case 7:
                    isSliced = true
                    _ = try reader.skip(field)
                default: _ = try reader.skip(field)
                }
            }
        }
        let sizes = shape?.compactMap(\.self) ?? []
        guard let shape, shape.count == sizes.count, offset >= 0, count >= 0, shard >= 0 else {
            throw .broken("variables.index has an entry without a shape or a place")
        }
        self.init(
            type: type, shape: sizes, shard: Int(shard), offset: Int(offset), count: Int(count), checksum: checksum,
            isSliced: isSliced)
    }
}
