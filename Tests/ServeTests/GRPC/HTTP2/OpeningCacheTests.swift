import Testing

@testable import Serve

/// Header blocks that come again are not read again, unless they mean something else by now.
@Suite struct OpeningCaches {
    private struct Connection {
        var cache = OpeningCache()
        var decoder = HeaderDecoder(listLimit: 4096)
        let configuration = DataPlaneConfiguration(port: 0, serverVersion: "0.0.1")

        mutating func find(_ block: [UInt8]) throws -> CallOpening {
            try block.withUnsafeBytes { try cache.find($0, &decoder, configuration) }
        }
    }

    /// A request whose path is put into the table.
    private static func inserting(_ path: String) -> [UInt8] {
        [0x83, 0x86, 0x44, UInt8(path.utf8.count)] + Array(path.utf8)
    }

    /// One whose path is the newest entry of the table.
    private static let newest: [UInt8] = [0x83, 0x86, 0xBE]

    @Test func theSameBytesAreReadOnce() throws {
        var connection = Connection()
        _ = try connection.find(Self.inserting("/a"))
        let first = try connection.find(Self.newest)
        #expect(try connection.find(Self.newest) === first)
        #expect(first.head.path == "/a" && first.head.isPost)
    }

    @Test func theSameBytesAreReadAgainOnceTheTableHasChanged() throws {
        var connection = Connection()
        for path in ["/a", "/b", "/a"] {
            #expect(try connection.find(Self.inserting(path)).head.path == path)
            #expect(try connection.find(Self.newest).head.path == path)
            #expect(try connection.find(Self.newest).head.path == path)
        }
        // A smaller table has lost it.
        #expect(throws: ConnectionError(.compressionError)) { try connection.find([0x20] + Self.newest) }
    }

    /// The same block puts its field into the table each time, and is never taken for known.
    @Test func blocksThatChangeTheTableAreReadEachTime() throws {
        var connection = Connection()
        let first = try connection.find(Self.inserting("/a"))
        #expect(try connection.find(Self.inserting("/a")) !== first)
        #expect(try connection.find([0x83, 0x86, 0xBF]).head.path == "/a")
    }

    @Test func manyBlocksPushEachOtherOut() throws {
        var connection = Connection()
        // Spelt out, not put into the table.
        let blocks = (0..<20).map { [0x83, 0x86, 0x04, 0x03] + Array("/\(10 + $0)".utf8) }
        for _ in 0..<3 {
            for (index, block) in blocks.enumerated() {
                #expect(try connection.find(block).head.path == "/\(10 + index)")
            }
        }
    }
}
