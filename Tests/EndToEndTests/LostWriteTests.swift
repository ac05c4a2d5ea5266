import Client
import Glibc
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Kills the real binary at random moments of everything that writes. What was acknowledged stays, what was not is
    /// there as a whole or not at all, and the home is sound after every kill.
    @Suite
    struct LostWriteTests {
        /// What a home has recorded: everything that a kill could tear.
        struct Record: Equatable {
            enum Standing: Equatable { case present, removed, reaped }

            struct Version: Equatable {
                var digest: String
                var standing: Standing
            }

            var versions: [Int: Version] = [:]
            var production: Int?
            /// Digests of each revision of the endpoint, oldest first.
            var revisions: [String] = []

            init(_ database: HomeDatabase) throws {
                self = try database.read { snapshot in
                    var record = Record()
                    for row in try snapshot.versions(of: "m", .all).items {
                        let standing: Standing =
                            row.reapedAt != nil ? .reaped : row.deletedAt != nil ? .removed : .present
                        record.versions[row.number] = Version(digest: row.manifestDigest, standing: standing)
                    }
                    record.production = try snapshot.alias("prod", of: "m")?.number
                    record.revisions = try snapshot.revisions(of: "e").items.reversed().map(\.spec)
                    return record
                }
            }

            private init() {}

            func numbers(_ standing: Standing) -> [Int] {
                versions.filter { $0.value.standing == standing }.keys.sorted()
            }
        }

        /// One command, and what it does to a record when it is acknowledged.
        struct Step {
            var name: String
            var arguments: [String]
            /// What goes to the registry or comes from it, where something does.
            var parcel: RegistryTraffic.Parcel?
            /// Whether the second record is what the command makes of the first one.
            var isDone: (Record, Record) -> Bool
        }

        /// How many kills, of how many commands at most, and how many of them of a push and of a pull at least.
        private static let kills = 200
        private static let mostCommands = 700
        private static let transfers = 15

        @Test(.timeLimit(.minutes(5)))
        func twoHundredKillsLoseNothingThatWasAcknowledged() async throws {
            try await DockerRegistry.running { registry in
                let traffic = try RegistryTraffic(registry)
                let archive = try await Self.prepare(traffic.home)
                var trial = Trial(traffic: traffic, archive: archive, record: try traffic.record())
                while trial.killed < Self.kills, trial.turn < Self.mostCommands { try await trial.takeTurn() }
                #expect(trial.killed == Self.kills)
                #expect(trial.tally.count >= 10, "\(trial.tally)")
                for name in ["push", "pull"] {
                    #expect(trial.tally[name, default: 0] >= Self.transfers, "\(trial.tally)")
                }
                try await Self.expectWholeBackup(of: trial.record, traffic.home)
                try await trial.traffic.expectWholeAtTheEnd()
                try await Self.serves(trial.record, traffic.home)
            }
        }

        /// Three versions that answer what they get, one of several requests, an endpoint and an archive.
        private static func prepare(_ slipway: Slipway) async throws -> String {
            for index in 0..<3 {
                try TextFile.write(MadeModel.echo(input: "x"), to: slipway.scratch.file("\(index).onnx"))
                try await slipway.expect(
                    "import", slipway.scratch.file("\(index).onnx"), "--name", "m", "--no-run", "--label", "k=\(index)")
            }
            let large = slipway.scratch.file("large.onnx")
            try TextFile.write(MadeModel.chain(layers: 1, width: 256), to: large)
            try await slipway.expect("import", large, "--name", "m", "--no-run")
            try await slipway.expect("deploy", "m:1", "--endpoint", "e")
            let archive = slipway.scratch.file("kept.slipway")
            try await slipway.expect("export", "m:1", archive)
            return archive
        }

        /// Commands, one after the other, of which most are killed.
        private struct Trial {
            var traffic: RegistryTraffic
            var archive: String
            /// What the home has recorded now.
            var record: Record
            var turn = 0
            var killed = 0
            var tally: [String: Int] = [:]
            private var random = SeededGenerator(seed: 20_261_121)
            private var durations: [String: Double] = [:]

            init(traffic: RegistryTraffic, archive: String, record: Record) {
                self.traffic = traffic
                self.archive = archive
                self.record = record
            }

            /// Runs one command, kills it at a random moment, and looks at what is left.
            mutating func takeTurn() async throws {
                let step = nextStep()
                turn += 1
                let home = traffic.home(of: step)
                let before = try traffic.record(of: step)
                let share = Double.random(in: 0.02...1.3, using: &random)
                // The first of each kind is left alone, to learn how long it takes.
                let delay = durations[step.name].map { $0 * share } ?? 60
                let began = ContinuousClock.now
                let outcome = try await run(step.arguments, killedAfter: delay, in: home)
                let took = (ContinuousClock.now - began).components
                let after = try traffic.record(of: step)
                let wasKilled = outcome.status == 137
                if wasKilled {
                    killed += 1
                    tally[step.name, default: 0] += 1
                    #expect(
                        after == before || step.isDone(before, after),
                        "\(step.name) was torn: \(before) became \(after)")
                } else {
                    durations[step.name] = Double(took.seconds) + Double(took.attoseconds) / 1e18
                    #expect(outcome.status == 0, "\(step.name): \(outcome.text)")
                    #expect(step.isDone(before, after), "\(step.name) was acknowledged: \(before) became \(after)")
                }
                let check = try await home.run(["fsck", "--json"])
                #expect(check.exitCode == 0, "after \(step.name): \(check)")
                if step.name == "backup" { try await expectSoundBackups(home, wasKilled: wasKilled) }
                try await traffic.settle(step, wasKilled: wasKilled)
                record = try traffic.record()
            }

            private mutating func nextStep() -> Step {
                let slipway = traffic.home
                let present = record.numbers(.present)
                let newest = present.last ?? 1
                let some = present.randomElement(using: &random) ?? 1
                // Never the ones that the endpoint or the alias needs.
                let free = present.filter { $0 > 4 && $0 != record.production && $0 != newest }
                let removed = record.numbers(.removed)
                switch Int.random(in: 0..<13, using: &random) {
                case 0: return export(some, turn, slipway)
                case 1: return bring(archive)
                case 2: return alias(some)
                case 3: return deploy(record.revisions.count % 2 == 0 ? 1 : 2, turn)
                case 4 where !free.isEmpty: return remove(free.randomElement(using: &random) ?? 0)
                case 5 where !removed.isEmpty: return restore(removed.randomElement(using: &random) ?? 0)
                case 6: return collect(everything: turn % 3 == 0)
                case 7, 8: return traffic.push(some, record, turn)
                case 11: return backUp(slipway)
                case 9, 10: return traffic.pull() ?? traffic.push(some, record, turn)
                default: return add(turn, slipway)
                }
            }
        }

        /// A restart carries out the newest revision that was acknowledged, and answers.
        private static func serves(_ record: Record, _ slipway: Slipway) async throws {
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                try await wait(for: "readiness") { (try? await client.isReady(endpoint: "e")) == true }
                let input = try Tensor(.float32, Shape([1, 4]), values: [1, 2, 3, 4] as [Float])
                let request = InferenceRequest(
                    endpoint: "e", inputs: [(name: "x", tensor: input)], outputs: ["y"], isBinary: true)
                let reply = try await client.infer(request)
                #expect(reply["y"]?.values(as: Float.self) == [1, 2, 3, 4])
                let endpoint = try await slipway.json("status", "e")["endpoints"]?.arrayValue?.first
                #expect(endpoint?["revision"]?.intValue == record.revisions.count)
            }
        }

        /// Runs a command, and kills it and its children after so many seconds.
        private static func run(
            _ arguments: [String], killedAfter seconds: Double, in slipway: Slipway
        ) async throws -> (status: Int32, text: String) {
            let words = arguments.map { "'\($0)'" }.joined(separator: " ")
            let line = "timeout -s KILL \(max(0.001, seconds)) '\(try Slipway.binary())' \(words); exit $?"
            let outcome = try await slipway.shell(line)
            return (outcome.exitCode ?? 137, outcome.description)
        }

        // MARK: - Commands

        private static func add(_ turn: Int, _ slipway: Slipway) -> Step {
            let file = slipway.scratch.file(turn % 2 == 0 ? "0.onnx" : "large.onnx")
            return Step(
                name: "import", arguments: ["import", file, "--name", "m", "--no-run", "--label", "turn=\(turn)"]
            ) { before, after in
                var expected = before
                let number = (before.versions.keys.max() ?? 0) + 1
                expected.versions[number] = after.versions[number]
                return after == expected && after.versions[number]?.standing == .present
            }
        }

        private static func bring(_ archive: String) -> Step {
            Step(name: "import archive", arguments: ["import", archive]) { before, after in before == after }
        }

        private static func export(_ number: Int, _ turn: Int, _ slipway: Slipway) -> Step {
            let file = slipway.scratch.file("\(turn).slipway")
            return Step(name: "export", arguments: ["export", "m:\(number)", file]) { before, after in
                // It has its name only when it is whole: two blocks of zeros end it.
                guard before == after, let bytes = try? TextFile.bytes(file) else { return false }
                return bytes.count > 1024 && bytes.count % 512 == 0 && bytes.suffix(1024).allSatisfy { $0 == 0 }
            }
        }

        private static func alias(_ number: Int) -> Step {
            Step(name: "alias", arguments: ["alias", "m@prod", "m:\(number)"]) { before, after in
                var expected = before
                expected.production = number
                return after == expected
            }
        }

        private static func deploy(_ number: Int, _ turn: Int) -> Step {
            let threads = String(turn % 3 + 1)
            let arguments = [
                "deploy", "m:\(number)", "--endpoint", "e", "--threads", threads, "--note", "turn \(turn)",
            ]
            return Step(name: "deploy", arguments: arguments) { before, after in
                guard after.revisions.count > before.revisions.count else { return after == before }
                var expected = before
                expected.revisions.append(after.revisions.last ?? "")
                return after == expected && expected.revisions.last?.contains("turn \(turn)") == true
            }
        }

        private static func remove(_ number: Int) -> Step {
            Step(name: "rm", arguments: ["rm", "m:\(number)"]) { before, after in
                var expected = before
                expected.versions[number]?.standing = .removed
                return after == expected
            }
        }

        private static func restore(_ number: Int) -> Step {
            Step(name: "restore", arguments: ["restore", "m:\(number)"]) { before, after in
                var expected = before
                expected.versions[number]?.standing = .present
                return after == expected
            }
        }

        /// - Parameter everything: also what could still be restored.
        private static func collect(everything: Bool) -> Step {
            Step(name: "gc", arguments: everything ? ["gc", "--undo-window", "0"] : ["gc"]) { before, after in
                var expected = before
                if everything {
                    for number in before.numbers(.removed) { expected.versions[number]?.standing = .reaped }
                }
                return after == expected
            }
        }
    }
}

/// Numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
