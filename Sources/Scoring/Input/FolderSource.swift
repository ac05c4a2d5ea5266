import Glibc
import Tensors

/// A row for each file of a folder, in the order of their names.
final class FolderSource: RowSource {
    let identity: String
    /// Paths within the folder.
    let names: [String]
    private let folder: String
    private var position = RowPosition()

    /// Endings that images have.
    private static let endings = [".jpg", ".jpeg", ".png"]

    /// - Throws: `ScoringError.Code.input` when the folder cannot be read or has no images.
    init(path: String) throws(ScoringError) {
        let all = try Folder.names(in: path) { ScoringError(.input, $0.description) }
        let found = all.filter { name in
            let lower = name.lowercased()
            return !name.hasPrefix(".") && Self.endings.contains { lower.hasSuffix($0) }
        }
        guard !found.isEmpty else {
            throw ScoringError(
                .input, "'\(path)' has no files that end in \(Self.endings.joined(separator: ", "))")
        }
        names = found.sorted()
        folder = path
        identity = "\(names.count) files, \(Self.hash(names))"
    }

    /// FNV-1a. Source: G. Fowler, L. C. Noll, K.-P. Vo.
    private static func hash(_ names: [String]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for name in names {
            for byte in Array(name.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return String(hash, radix: 16)
    }

    func share(before position: RowPosition) -> Double { Double(position.row) / Double(names.count) }

    func seek(to position: RowPosition) { self.position = position }

    func next(_ limit: Int) -> RowBlock? {
        let first = position.row
        let count = min(limit, names.count - first)
        guard count > 0 else { return nil }
        position.row += count
        let paths = names[first..<position.row].map { "\(folder)/\($0)" }
        return RowBlock(first: first, count: count, content: .files(paths), end: position)
    }
}
