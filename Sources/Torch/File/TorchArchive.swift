import Pickle
package import Tensors

/// A zip file that PyTorch wrote: what is in it, and its members by the names that they have below its folder.
package struct TorchArchive: Sendable {
    /// What the file holds.
    package enum Layout: Hashable, Sendable {
        /// `torch.export.save`, since 2.8: the program of this name, weights beside it.
        case program(String)
        /// `torch.export.save` before.
        case olderProgram
        /// `torch.jit.save`.
        case script
    }

    /// What the file is, in words.
    package var format: String {
        switch layout {
        case .program, .olderProgram: "PyTorch, exported program"
        case .script: "PyTorch, TorchScript"
        }
    }

    package let layout: Layout
    /// Below the archive's folder.
    private let names: Set<String>
    private let source: Source

    private enum Source {
        case zip(ZipArchive, [String: ZipArchive.Member])
        case memory([String: TensorBuffer])
    }

    /// Bytes of one text.
    private static let textLimit = 256 << 20
    /// Bytes of one member, unpacked.
    package static let unpackedLimit = 4 << 30

    /// Whether a file is one that is read here.
    package static func mayOpen(_ buffer: TensorBuffer) -> Bool { TorchArchive(ifTorch: buffer) != nil }

    /// `nil` for any other file.
    package init?(ifTorch buffer: TensorBuffer) {
        guard buffer.bytes.starts(with: Array("PK\u{3}\u{4}".utf8)),
            let archive = try? ZipArchive(buffer, limits: ArrayLimits(bytes: .max, arrays: 100_000, expansion: 1032))
        else { return nil }
        let root = Self.root(archive.members.map(\.name))
        let members = Dictionary(
            archive.members.filter { $0.name.hasPrefix(root) }.map { (String($0.name.dropFirst(root.count)), $0) },
            uniquingKeysWith: { first, _ in first })
        guard let layout = Self.layout(Set(members.keys)) else { return nil }
        self.layout = layout
        names = Set(members.keys)
        source = .zip(archive, members)
    }

    /// An archive that is unpacked already; `nil` when it is none of PyTorch's.
    package init?(members: [String: TensorBuffer]) {
        guard let layout = Self.layout(Set(members.keys)) else { return nil }
        self.layout = layout
        names = Set(members.keys)
        source = .memory(members)
    }

    private static func layout(_ names: Set<String>) -> Layout? {
        if names.contains("serialized_exported_program.json") { return .olderProgram }
        if names.contains("archive_format"), let model = program(names) { return .program(model) }
        guard names.contains("data.pkl"), names.contains("constants.pkl") else { return nil }
        return names.contains { $0.hasPrefix("code/") } ? .script : nil
    }

    /// The folder that everything is in.
    private static func root(_ names: [String]) -> String {
        guard let first = names.first, let slash = first.firstIndex(of: "/") else { return "" }
        let root = String(first[...slash])
        return names.allSatisfy { $0.hasPrefix(root) } ? root : ""
    }

    /// The program's name: 'model', or the first of several.
    private static func program(_ names: some Sequence<String>) -> String? {
        let programs = names.filter { $0.hasPrefix("models/") && $0.hasSuffix(".json") }
            .map { String($0.dropFirst("models/".count).dropLast(".json".count)) }
        return programs.contains("model") ? "model" : programs.min()
    }

    /// Names of all programs in it.
    var programs: [String] { names.filter { $0.hasPrefix("models/") && $0.hasSuffix(".json") }.sorted() }

    /// Names of the files of code.
    package var code: [String] { names.filter { $0.hasPrefix("code/") && $0.hasSuffix(".py") }.sorted() }

    package func has(_ name: String) -> Bool { names.contains(name) }

    /// A member's bytes, unpacked; `nil` when there is none of the name.
    ///
    /// - Throws: `TorchError` when they are damaged, or too many.
    package func bytes(_ name: String, limit: Int = TorchArchive.unpackedLimit) throws(TorchError) -> TensorBuffer? {
        let archive: ZipArchive
        let member: ZipArchive.Member
        switch source {
        case .memory(let members): return members[name]
        case .zip(let zip, let members):
            guard let found = members[name] else { return nil }
            (archive, member) = (zip, found)
        }
        guard member.byteCount <= limit else {
            throw .limit("\(name.quotedName) unpacks to \(member.byteCount) bytes; at most \(limit) are read")
        }
        do {
            return try archive.bytes(of: member)
        } catch {
            throw .damaged(error.message)
        }
    }

    /// A member as text of one of PyTorch's own formats.
    func text(_ name: String) throws(TorchError) -> TensorBuffer? { try bytes(name, limit: Self.textLimit) }

    /// A member as JSON.
    func json(_ name: String) throws(TorchError) -> JSONValue? {
        guard let buffer = try text(name) else { return nil }
        do {
            return try withExtendedLifetime(buffer) { () throws(JSONError) in
                if layout == .olderProgram, let plain = PythonJSON.quoted(buffer.bytes) {
                    return try JSONValue.parse(plain)
                }
                return try JSONValue.parse(buffer.bytes)
            }
        } catch {
            throw .damaged("\(name.quotedName) is no JSON: \(error.message)")
        }
    }
}
