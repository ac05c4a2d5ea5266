import Glibc

/// Rows of a text file, read in pieces: CSV, or a JSON value a line.
final class TextSource: RowSource {
    enum Format: Hashable { case csv, jsonLines }

    let identity: String
    private let format: Format
    private let path: String
    private let descriptor: CInt
    private let size: Int
    private var position = RowPosition()
    /// Bytes that were read and belong to no block yet.
    private var pending: [UInt8] = []
    private var isAtEnd = false

    /// Bytes that are read at a time, and after which a block ends.
    private static let piece = 1 << 18
    private static let blockBytes = 1 << 18
    /// The longest row.
    private static let longestRow = 64 << 20

    /// - Throws: `ScoringError.Code.input` when the file cannot be opened or is none.
    init(path: String, format: Format) throws(ScoringError) {
        self.path = path
        self.format = format
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(.input, "cannot open '\(path)'") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ScoringError(.input, "'\(path)' is not a regular file")
        }
        size = Int(status.st_size)
        identity = FileIdentity.text(status)
    }

    deinit { close(descriptor) }

    func share(before position: RowPosition) -> Double { size == 0 ? 1 : Double(position.offset) / Double(size) }

    func seek(to position: RowPosition) throws {
        guard position.offset <= size, lseek(descriptor, off_t(position.offset), SEEK_SET) == off_t(position.offset)
        else { throw ScoringError(.input, "'\(path)' is shorter than it was") }
        self.position = position
        pending = []
        isAtEnd = false
    }

    /// The first row of the file, which may be a header, without moving.
    func firstRow() throws -> [UInt8] {
        defer { try? seek(to: RowPosition()) }
        guard case .csv(let bytes, let ends, _)? = try next(1)?.content, let end = ends.first else {
            throw ScoringError(.input, "'\(path)' is empty; expected rows")
        }
        return Array(bytes[..<end])
    }

    func next(_ limit: Int) throws -> RowBlock? {
        var splitter = RowSplitter(format: format, skipsMark: position.offset == 0)
        var ends: [Int] = []
        var isFull = false
        while true {
            splitter.scan(pending, limit: limit, bytes: Self.blockBytes, &ends)
            isFull = ends.count >= limit || (ends.last ?? 0) >= Self.blockBytes
            if isFull || isAtEnd { break }
            guard pending.count - (ends.last ?? 0) <= Self.longestRow else { throw endless() }
            try fill()
        }
        let rest = pending.count - (ends.last ?? 0)
        if isAtEnd, !isFull, rest > 0 {
            guard !splitter.isQuoted else { throw endless() }
            ends.append(pending.count)
        }
        guard let end = ends.last else { return nil }
        return take(ends, end)
    }

    private func take(_ ends: [Int], _ end: Int) -> RowBlock? {
        let bytes = Array(pending[..<end])
        pending.removeFirst(end)
        let lines = bytes.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let (first, line) = (position.row, position.line)
        position.offset += end
        position.line += lines
        position.row += ends.count
        let content =
            format == .csv ? RowBlock.Content.csv(bytes, ends: ends, line: line) : .json(bytes, ends: ends)
        return RowBlock(first: first, count: ends.count, content: content, end: position)
    }

    private func fill() throws(ScoringError) {
        let start = pending.count
        pending.append(contentsOf: repeatElement(0, count: Self.piece))
        var got = -1
        repeat {
            got = pending.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + start }, Self.piece) }
        } while got < 0 && errno == EINTR
        guard got >= 0 else { throw .system(.input, "cannot read '\(path)'") }
        pending.removeLast(Self.piece - got)
        if got == 0 { isAtEnd = true }
    }

    private func endless() -> ScoringError {
        ScoringError(
            .input,
            "'\(path)': the row that begins in or after line \(position.line) does not end; is there a quote that is "
                + "never closed?")
    }
}

/// Finds where rows end, in text that grows.
struct RowSplitter {
    private enum State { case fieldStart, plain, quoted, quoteSeen }

    private let format: TextSource.Format
    private var state = State.fieldStart
    private var scanned = 0

    /// - Parameter skipsMark: whether a byte order mark may stand in front.
    init(format: TextSource.Format, skipsMark: Bool) {
        self.format = format
        if skipsMark { scanned = -1 }
    }

    /// Whether the text that was scanned ends within quotes.
    var isQuoted: Bool { state == .quoted }

    /// Goes on in `bytes`, of which what was scanned before has not changed.
    ///
    /// - Parameter ends: gets the place after each row's end, until there are `limit` or they come to `size` bytes. Where
    ///   that is depends on nothing but the text, so that a run that goes on makes the same blocks.
    mutating func scan(_ bytes: [UInt8], limit: Int, bytes size: Int, _ ends: inout [Int]) {
        if scanned < 0 { scanned = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }
        bytes.withUnsafeBufferPointer { bytes in
            while scanned < bytes.count, ends.count < limit, (ends.last ?? 0) < size {
                let byte = bytes[scanned]
                scanned += 1
                if format == .csv { step(byte) }
                if byte == UInt8(ascii: "\n"), state != .quoted {
                    state = .fieldStart
                    ends.append(scanned)
                }
            }
        }
    }

    /// A quote counts only where a field begins with one: else one bad field would swallow the rows after it.
    private mutating func step(_ byte: UInt8) {
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quoteSeen
        case (.quoted, _): break
        case (.quoteSeen, UInt8(ascii: "\"")): state = .quoted
        case (.fieldStart, UInt8(ascii: "\"")): state = .quoted
        case (_, UInt8(ascii: ",")): state = .fieldStart
        default: state = .plain
        }
    }
}

/// Tells a file from others, and from itself after a change.
enum FileIdentity {
    static func text(_ status: stat) -> String {
        "\(status.st_size) bytes, changed at \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    /// - Throws: `ScoringError.Code.input`.
    static func text(path: String) throws(ScoringError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(.input, "cannot open '\(path)'") }
        return text(status)
    }
}

extension ScoringError {
    /// An error with the system's own words for `errno`.
    static func system(_ code: Code, _ what: String) -> ScoringError {
        ScoringError(code, "\(what): \(String(cString: strerror(errno)))")
    }
}
