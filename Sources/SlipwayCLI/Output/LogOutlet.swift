import Glibc

/// Lines on their way to a descriptor that others may share, written without ever making the caller wait: what finds no room is
/// dropped whole, and how many that were is said when there is room again.
///
/// A line that is longer than what a pipe takes at once may be cut where the pipe is full: its rest then goes first, before
/// anything else, so that no two lines run into each other.
struct LogOutlet: Sendable {
    private let descriptor: Int32
    /// Of a line whose beginning was written.
    private var rest: ArraySlice<UInt8> = []
    /// Lines that found no room since one was written.
    private var lost = 0

    /// A pipe that can be written to has room for so many bytes at least, and takes them in one piece.
    /// Source: pipe(7), "PIPE_BUF".
    private static let room = Int(PIPE_BUF)

    /// - Parameter descriptor: stays the caller's to close.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Writes a line where that does not make the caller wait.
    ///
    /// - Parameters:
    ///   - line: with its line break.
    ///   - notice: a line that says how many were dropped.
    mutating func write(_ line: [UInt8], notice: (_ lost: Int) -> [UInt8]) {
        push()
        if rest.isEmpty, lost > 0, begin(notice(lost)) { lost = 0 }
        guard rest.isEmpty, lost == 0, begin(line) else { return lost &+= 1 }
    }

    /// - Returns: whether any of it was written: the rest follows in its time.
    private mutating func begin(_ line: [UInt8]) -> Bool {
        rest = line[...]
        push()
        guard rest.count == line.count, !line.isEmpty else { return true }
        rest = []
        return false
    }

    /// Writes of the rest what finds room.
    private mutating func push() {
        while !rest.isEmpty {
            var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&target, 1, 0) == 1, target.revents & Int16(POLLOUT) != 0 else { return }
            let count = rest.prefix(Self.room).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
