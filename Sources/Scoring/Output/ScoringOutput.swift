import Glibc
import Tensors

/// Where the files of an output are.
package struct OutputPaths: Hashable, Sendable {
    /// The output itself, which appears when it is whole.
    package let final: String
    /// The rows that were rejected; not there when none were.
    package let rejected: String
    /// How far an unfinished run has come.
    package let journal: String

    /// - Parameter path: the output's.
    package init(_ path: String) {
        final = path
        journal = path + ".journal"
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let name = path.dropFirst(folder.count)
        let stem = name.lastIndex(of: ".").map { $0 > name.startIndex ? name[..<$0] : name } ?? name
        rejected = "\(folder)\(stem).rejected.jsonl"
    }

    /// The file that part `index` grows in.
    func part(_ index: Int) -> String { index == 0 ? final + ".part" : "\(final).part\(index)" }
    var rejectedPart: String { rejected + ".part" }
}

/// The files of an output as they grow: what is committed survives whatever happens.
///
/// Belongs to one task.
final class ScoringOutput {
    private let paths: OutputPaths
    private let encoder: ResultEncoder
    private let parts: [GrowingFile]
    private let rejected: GrowingFile
    /// What is written, committed or not.
    private(set) var journal: Journal

    /// Opens the files, cut back to what the journal says.
    init(_ paths: OutputPaths, _ encoder: ResultEncoder, continuing journal: Journal) throws(ScoringError) {
        self.paths = paths
        self.encoder = encoder
        var journal = journal
        if journal.files.isEmpty { journal.files = [Int](repeating: 0, count: encoder.fileCount) }
        guard journal.files.count == encoder.fileCount else {
            throw ScoringError(.journal, "'\(paths.journal)' is of another output", help: "begin again with --restart")
        }
        var parts: [GrowingFile] = []
        for (index, count) in journal.files.enumerated() {
            parts.append(try GrowingFile(path: paths.part(index), keeping: count))
        }
        self.parts = parts
        rejected = try GrowingFile(path: paths.rejectedPart, keeping: journal.rejectedBytes)
        self.journal = journal
    }

    /// Writes a block's answers and rejections.
    ///
    /// - Throws: `ScoringError.Code.output` also for answers that do not go with those before.
    func append(_ block: ScoredBlock) throws(ScoringError) {
        if encoder.format == .npy, let rejection = block.rejected.first {
            throw ScoringError(
                .output,
                "row \(rejection.row) has no answer (\(rejection.reason)), and an NPY file has no place to say so",
                help: "write npz, csv or jsonl: their rows have numbers")
        }
        if !block.shapes.isEmpty { try settle(block.shapes) }
        for (part, piece) in zip(parts, block.pieces) where !piece.isEmpty { try part.append(piece) }
        for rejection in block.rejected { try rejected.append(Self.line(rejection)) }
        journal.position = block.end
        journal.scored += block.scored
        journal.rejected += block.rejected.count
        journal.files = parts.map(\.count)
        journal.rejectedBytes = rejected.count
    }

    private func settle(_ shapes: [OutputRows]) throws(ScoringError) {
        guard !journal.shapes.isEmpty else {
            do throws(TensorError) {
                for (part, heading) in zip(parts, try encoder.heading(shapes)) {
                    try Self.adapt { () throws(ScoringError) in try part.append(heading) }
                }
            } catch {
                throw ScoringError(.output, error.message)
            }
            journal.shapes = shapes
            return
        }
        guard journal.shapes == shapes else {
            throw ScoringError(
                .output, "answers differ in shape from row to row, which \(encoder.format.rawValue) cannot hold",
                help: "write jsonl, or choose outputs with --outputs")
        }
    }

    private static func line(_ rejection: Rejection) -> [UInt8] {
        var members: [(String, JSONValue)] = [("row", .integer(rejection.row))]
        if let file = rejection.file { members.append(("file", .string(file))) }
        members.append(("reason", .string(rejection.reason)))
        return JSONValue.object(members).encoded() + [UInt8(ascii: "\n")]
    }

    /// Makes what was appended durable, and notes it.
    func commit() throws(ScoringError) {
        for part in parts { try part.sync() }
        try rejected.sync()
        try journal.write(paths.journal)
    }

    /// Gives the output its name; the journal goes.
    func finish() throws(ScoringError) {
        try commit()
        if encoder.format == .npy || encoder.format == .npz { try finishArrays() }
        if journal.rejected > 0 {
            try rejected.move(to: paths.rejected)
        } else {
            unlink(paths.rejectedPart)
            unlink(paths.rejected)
        }
        if encoder.format == .npz {
            do throws(TensorError) {
                try NPZ.assemble(
                    zip(encoder.arrayNames, parts).map { (name: $0, path: $1.path) }, to: paths.final)
            } catch {
                throw ScoringError(.output, error.message)
            }
            for part in parts { unlink(part.path) }
        } else {
            try parts[0].move(to: paths.final)
        }
        unlink(paths.journal)
    }

    private func finishArrays() throws(ScoringError) {
        guard !journal.shapes.isEmpty else {
            throw ScoringError(.output, "no row has an answer, so that the arrays have no shape")
        }
        for (part, shape) in zip(parts, journal.shapes) {
            do throws(TensorError) {
                let header = try encoder.arrayHeader(shape, rows: journal.scored)
                try Self.adapt { () throws(ScoringError) in try part.overwrite(header) }
            } catch {
                throw ScoringError(.output, error.message)
            }
        }
    }

    private static func adapt(_ body: () throws(ScoringError) -> Void) throws(TensorError) {
        do throws(ScoringError) { try body() } catch { throw TensorError(.io, error.message) }
    }

    /// Throws away what an earlier run left.
    static func discard(_ paths: OutputPaths, parts: Int) {
        for index in 0..<max(parts, 64) { unlink(paths.part(index)) }
        unlink(paths.rejectedPart)
        unlink(paths.journal)
    }
}
