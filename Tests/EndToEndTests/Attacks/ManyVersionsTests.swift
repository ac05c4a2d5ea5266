import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct ManyVersionsTests {
        private static let count = 200_000

        /// Row 96: one model with 200,000 versions. What lists them answers with a page, and holds no more than a page.
        @Test
        func listsOfManyVersionsAreAPageLong() async throws {
            let slipway = try await Slipway.withDigits()
            try await Self.fill(slipway)
            try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                let control = try server.controlPlane()
                for path in [
                    "/api/v1/models", "/api/v1/models/digits/versions",
                    "/api/v1/models/digits/versions?limit=1000000000",
                    "/models", "/models/digits", "/models/digits?after=100000", "/", "/api/v1/status",
                ] {
                    let (reply, time) = try await Self.timed { try await control.request("GET", path) }
                    #expect(reply.status == 200, "\(path): \(reply.status)")
                    #expect(reply.body.count < 1 << 20, "\(path): \(reply.body.count) bytes")
                    // A page of any size is found by an index; going through all versions in memory would take longer.
                    #expect(time < .seconds(5), "\(path): \(time)")
                }
                #expect(try await Self.numbers(control) == Array((1...Self.count).reversed()))
                try await Self.expectShortLists(slipway)
                try await attacked.expectUnharmed("row 96")
                try await attacked.expectQuietAgain()
            }
        }

        /// Versions in the database alone, as if each had been registered and its blobs lost: no list opens a blob.
        private static func fill(_ slipway: Slipway) async throws {
            let script = """
                import sqlite3, sys
                base = sqlite3.connect(sys.argv[1])
                base.execute('''
                    WITH RECURSIVE counting (number) AS (
                        SELECT 2 UNION ALL SELECT number + 1 FROM counting WHERE number < \(count))
                    INSERT INTO versions (model, number, manifest_digest, created_at, note, labels, source, size)
                    SELECT model, counting.number, printf('sha256:%064x', counting.number), created_at, note, labels,
                        source, size
                    FROM counting, versions WHERE versions.number = 1''')
                base.execute("UPDATE models SET next_number = \(count + 1)")
                base.commit()
                """
            let file = slipway.scratch.file("fill.py")
            try TextFile.write(script, to: file)
            let filled = try await Slipway.command(Slipway.python(), [file, slipway.home.file("slipway.db")])
            try #require(filled.exitCode == 0, "\(filled)")
        }

        private static func timed<Value>(
            _ body: () async throws -> Value
        ) async throws -> (value: Value, time: Duration) {
            let start = ContinuousClock.now
            let value = try await body()
            return (value, ContinuousClock.now - start)
        }

        /// The numbers of all versions, page after page.
        private static func numbers(_ control: HTTPClient) async throws -> [Int] {
            var (numbers, cursor, pages): ([Int], Int?, Int) = ([], nil, 0)
            repeat {
                let after = cursor.map { "&after=\($0)" } ?? ""
                let reply = try await control.request("GET", "/api/v1/models/digits/versions?limit=1000\(after)")
                let items = try #require(reply.json?["items"]?.arrayValue)
                numbers += items.compactMap { $0["version"]?.intValue }
                cursor = reply.json?["next"]?.intValue
                pages += 1
            } while cursor != nil && pages <= count / 1000
            return numbers
        }

        private static func expectShortLists(_ slipway: Slipway) async throws {
            let (first, peak) = try await slipway.measured(["list", "digits"], within: 20)
            #expect(first.output.split(separator: "\n").count == 51, "\(first)")
            #expect(first.talk.contains("more: slipway list digits --after 199951"), "\(first.talk)")
            let (all, most) = try await slipway.measured(["list", "digits", "--all", "-o", "name"], within: 60)
            #expect(all.output.utf8.count { $0 == UInt8(ascii: "\n") } == count)
            #expect(most - peak < 64 << 10, "\(most - peak) kB more for a long list than for a page")
            let missing = try await slipway("show", "digits:200001")
            #expect(missing.exitCode == 3 && missing.talk.utf8.count < 1000, "\(missing)")
        }
    }
}
