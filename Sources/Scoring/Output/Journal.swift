import Glibc
import Tensors

/// How far a run has come, beside its output: what an interrupted one is continued from.
struct Journal: Hashable, Sendable {
    /// What a run must have in common with the one it continues.
    struct Subject: Hashable, Sendable {
        /// The digest of the version.
        var version: String
        var engine: String
        /// What the input is; see `RowSource.identity`.
        var input: String
        var format: ResultFormat
        var outputs: [String]
        var batch: Int
        /// Columns that were left out.
        var ignored: [String]
    }

    var subject: Subject
    var position = RowPosition()
    var scored = 0
    var rejected = 0
    /// Bytes of each file of the output that are good.
    var files: [Int] = []
    /// Bytes of the file of rejected rows.
    var rejectedBytes = 0
    /// The rows of each output, once there were any.
    var shapes: [OutputRows] = []
}

// MARK: - On the disk

extension Journal {
    private static let format = 1

    var json: JSONValue {
        .object([
            ("format", .integer(Self.format)), ("version", .string(subject.version)),
            ("engine", .string(subject.engine)),
            ("input", .string(subject.input)), ("form", .string(subject.format.rawValue)),
            ("outputs", .array(subject.outputs.map(JSONValue.string))), ("batch", .integer(subject.batch)),
            ("ignored", .array(subject.ignored.map(JSONValue.string))), ("row", .integer(position.row)),
            ("offset", .integer(position.offset)), ("line", .integer(position.line)), ("scored", .integer(scored)),
            ("rejected", .integer(rejected)), ("files", .array(files.map(JSONValue.integer))),
            ("rejectedBytes", .integer(rejectedBytes)),
            (
                "shapes",
                .array(
                    shapes.map { shape in
                        .object([
                            ("type", .string(shape.type.rawValue)),
                            ("row", shape.dimensions.map { .array($0.map(JSONValue.integer)) } ?? .null),
                        ])
                    })
            ),
        ])
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(json: JSONValue) {
        func number(_ key: String) -> Int? { json[key]?.intValue.flatMap { $0 >= 0 ? $0 : nil } }
        func texts(_ key: String) -> [String]? { json[key]?.arrayValue?.compactMap(\.stringValue) }
        guard json["format"]?.intValue == Self.format, let version = json["version"]?.stringValue,
            let engine = json["engine"]?.stringValue, let input = json["input"]?.stringValue,
            let format = json["form"]?.stringValue.flatMap(ResultFormat.init), let outputs = texts("outputs"),
            let batch = number("batch"), let ignored = texts("ignored"), let row = number("row"),
            let offset = number("offset"), let line = number("line"), let scored = number("scored"),
            let rejected = number("rejected"), let files = json["files"]?.arrayValue?.compactMap(\.intValue),
            let rejectedBytes = number("rejectedBytes"), let shapes = json["shapes"]?.arrayValue,
            files.allSatisfy({ $0 >= 0 })
        else { return nil }
        subject = Subject(
            version: version, engine: engine, input: input, format: format, outputs: outputs, batch: batch,
            ignored: ignored)
        position = RowPosition(row: row, offset: offset, line: line)
        (self.scored, self.rejected, self.files, self.rejectedBytes) = (scored, rejected, files, rejectedBytes)
        for shape in shapes {
            guard let type = shape["type"]?.stringValue.flatMap(ElementType.init(rawValue:)) else { return nil }
            self.shapes.append(OutputRows(type: type, dimensions: shape["row"]?.arrayValue?.compactMap(\.intValue)))
        }
    }

    /// The journal at `path`; `nil` when there is none.
    ///
    /// - Throws: `ScoringError.Code.journal` when there is one that cannot be read.
    static func read(_ path: String) throws(ScoringError) -> Journal? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .system(.journal, "cannot read '\(path)'") }
            return nil
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0, let json = try? JSONValue.parse(Array(bytes[..<count])), let journal = Journal(json: json)
        else {
            throw ScoringError(
                .journal, "'\(path)' is not the journal of an unfinished run", help: "begin again with --restart")
        }
        return journal
    }

    /// Replaces the journal at `path` at one stroke.
    func write(_ path: String) throws(ScoringError) {
        let fresh = path + ".new"
        unlink(fresh)
        let file = try GrowingFile(path: fresh, keeping: 0)
        try file.append(json.encoded())
        try file.move(to: path)
    }
}
