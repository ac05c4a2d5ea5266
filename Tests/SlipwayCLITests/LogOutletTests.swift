import Glibc
import Testing

@testable import SlipwayCLI

/// Lines to a real pipe of two pages that is read now and then.
@Suite struct LogOutletTests {
    private let reader: Int32
    private let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
        // F_SETPIPE_SZ, which Swift's Glibc lacks.
        try #require(fcntl(writer, 1031, 8192) == 8192)
        try #require(fcntl(reader, F_SETFL, O_NONBLOCK) == 0)
    }

    private func drained() -> String {
        var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = read(reader, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    private func close() {
        Glibc.close(reader)
        Glibc.close(writer)
    }

    private static func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }
    private static func notice(_ lost: Int) -> [UInt8] { line("dropped \(lost)") }

    @Test(arguments: [4095, 4096, 8191, 8192, 10_000, 50_000])
    func aLineThatIsCutIsFinishedBeforeAnotherBegins(_ length: Int) {
        defer { close() }
        var outlet = LogOutlet(writer)
        let long = String(repeating: "x", count: length)
        outlet.write(Self.line("first"), notice: Self.notice)
        var text = drained()
        outlet.write(Self.line(long), notice: Self.notice)
        var written = 1
        // Each of these finds the rest of the long line before it, or no room.
        while !text.hasSuffix("last\n") {
            outlet.write(Self.line("short"), notice: Self.notice)
            written += 1
            text += drained()
            if text.hasSuffix("short\n") {
                outlet.write(Self.line("last"), notice: Self.notice)
                text += drained()
            }
            if written > 100 { break }
        }
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.first == "first" && lines.last == "last" && lines.dropFirst().first == long)
        let strange = lines.filter { !["first", "short", "last", long].contains($0) && !$0.hasPrefix("dropped ") }
        #expect(strange.isEmpty, "\(strange.map { $0.prefix(40) })")
        let dropped = lines.compactMap { $0.hasPrefix("dropped ") ? Int($0.dropFirst(8)) : nil }.reduce(0, +)
        #expect(lines.count { $0 == "short" } + dropped + 1 == written, "every line is there or counted")
        // What came while the pipe was full found no room.
        #expect(length < 8192 || dropped > 0)
    }

    @Test func whatFindsNoRoomAtAllLeavesNothingAndAReaderThatGoesAwayHoldsUpNobody() {
        var outlet = LogOutlet(writer)
        for _ in 0..<3 { outlet.write(Self.line(String(repeating: "y", count: 3000)), notice: Self.notice) }
        let lines = drained().split(separator: "\n")
        #expect(lines.map(\.count) == [3000, 3000], "\(lines.map(\.count))")
        outlet.write(Self.line("again"), notice: Self.notice)
        #expect(drained() == "dropped 1\nagain\n")
        signal(SIGPIPE, SIG_IGN)
        Glibc.close(reader)
        outlet.write(Self.line("nobody"), notice: Self.notice)
        Glibc.close(writer)
    }
}
