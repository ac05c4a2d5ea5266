import Glibc
import Tensors

/// What happened in a home, in files of JSON lines that take turns: the newest is `events.jsonl`, older ones are numbered, the
/// oldest goes. At most `(kept + 1) * largestFile` bytes.
///
/// Written by every process that works in the home, one at a time. An event tells of what is done already: where it cannot be
/// written, because the disk is full, what it tells of stays done, and the event is lost.
package struct EventLog: Sendable {
    private let folder: String
    private let largestFile: Int

    /// Files beside the newest.
    package static let kept = 4
    /// Bytes of a line; a longer one is not written.
    private static let longestLine = 64 << 10

    /// - Parameter largestFile: bytes after which the next file begins.
    package init(_ home: HomeDirectory, largestFile: Int = 2 << 20) {
        folder = home.path + "/events"
        self.largestFile = max(1, largestFile)
    }

    /// The newest file.
    package var path: String { "\(folder)/events.jsonl" }

    private func path(_ number: Int) -> String { "\(folder)/events.\(number).jsonl" }

    // MARK: - Writing

    /// Writes events down, in their order.
    ///
    /// - Returns: whether all of them were.
    @discardableResult
    package func append(_ events: [HomeEvent]) -> Bool {
        let lines = events.map { $0.json.encoded() + [UInt8(ascii: "\n")] }
        let fitting = lines.filter { $0.count <= Self.longestLine }
        guard !fitting.isEmpty else { return lines.isEmpty }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { return false }
        let lock = open("\(folder)/.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { return false }
        // The lock goes with its descriptor.
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 { guard errno == EINTR else { return false } }
        return fitting.allSatisfy(write) && fitting.count == lines.count
    }

    /// All its files, the oldest first, whether they are there or not.
    var paths: [String] { (0...Self.kept).reversed().map { $0 == 0 ? path : path($0) } }

    /// An open file that keeps writers waiting until it is closed; negative where there is no log yet.
    func lockForReading() -> CInt {
        let lock = Glibc.open("\(folder)/.lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard lock >= 0 else { return lock }
        while flock(lock, LOCK_SH) != 0 {
            guard errno == EINTR else { break }
        }
        return lock
    }

    private func write(_ line: [UInt8]) -> Bool {
        var descriptor = open()
        guard descriptor >= 0 else { return false }
        defer { if descriptor >= 0 { close(descriptor) } }
        var size = lseek(descriptor, 0, SEEK_END)
        if size > 0, Int(size) + line.count > largestFile {
            close(descriptor)
            turn()
            descriptor = open()
            guard descriptor >= 0 else { return false }
            size = lseek(descriptor, 0, SEEK_END)
        }
        // What a full disk cut off does not spoil the next line.
        let start: [UInt8] = size > 0 && last(descriptor, size) != UInt8(ascii: "\n") ? [UInt8(ascii: "\n")] : []
        let bytes = start + line
        return bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    }

    private func open() -> CInt {
        Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    private func open(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt { Glibc.open(path, flags, mode) }

    private func last(_ descriptor: CInt, _ size: off_t) -> UInt8 {
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, size - 1) == 1 ? byte : 0
    }

    private func turn() {
        unlink(path(Self.kept))
        for number in stride(from: Self.kept - 1, through: 1, by: -1) { rename(path(number), path(number + 1)) }
        rename(path, path(1))
    }

    // MARK: - Reading

    /// Another than before when something was written.
    package var stamp: [Int] {
        var found = stat()
        guard stat(path, &found) == 0 else { return [] }
        return [Int(found.st_ino), Int(found.st_size)]
    }

    /// The newest events, in the order they happened.
    ///
    /// - Parameters:
    ///   - after: the id of an event that was seen; what came before it and itself are left out. Where it is gone, all are
    ///     taken.
    ///   - limit: at most so many.
    package func newest(_ limit: Int, after id: String? = nil) -> [HomeEvent] {
        var events: [HomeEvent] = []
        for number in 0...Self.kept {
            let older = Self.events(in: number == 0 ? path : path(number), longest: largestFile + Self.longestLine)
            if let id, let place = older.lastIndex(where: { $0.id == id }) {
                events = older[(place + 1)...] + events
                break
            }
            events = older + events
            if id == nil, events.count >= limit { break }
        }
        return Array(events.suffix(max(0, limit)))
    }

    private static func events(in path: String, longest: Int) -> [HomeEvent] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= longest {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            (try? JSONValue.parse(Array(line))).flatMap(HomeEvent.init)
        }
    }
}
