import Client
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd.LostWriteTests {
    /// What goes between a home, a registry and a second home that only pulls.
    struct RegistryTraffic {
        /// One version in a repository of its own.
        struct Parcel: Equatable {
            enum Direction { case push, pull }

            var direction: Direction
            var repository: String
            /// Of the version's manifest, here and there.
            var digest: String
        }

        let home: Slipway
        private let other: Slipway
        private let registry: DockerRegistry
        private let client: HTTPClient
        private let database: HomeDatabase
        private let otherDatabase: HomeDatabase
        /// What was pushed and not pulled yet, and what was pulled.
        private var pushed: [Parcel] = []
        private var pulled: [Parcel] = []

        init(_ registry: DockerRegistry) throws {
            self.registry = registry
            home = try Slipway()
            other = try Slipway()
            client = HTTPClient(try ServerAddress(registry.name))
            database = try HomeDatabase.open(HomeDirectory(path: home.home.path))
            otherDatabase = try HomeDatabase.open(HomeDirectory(path: other.home.path))
        }

        // MARK: - Where a command acts

        private func isElsewhere(_ step: Step) -> Bool { step.parcel?.direction == .pull }

        func home(of step: Step) -> Slipway { isElsewhere(step) ? other : home }

        func record() throws -> Record { try Record(database) }

        func record(of step: Step) throws -> Record {
            try Record(isElsewhere(step) ? otherDatabase : database)
        }

        // MARK: - Commands

        /// Pushes a version into a new repository, in as many requests as can be.
        func push(
            _ number: Int, _ record: Record, _ turn: Int
        ) -> Step {
            let parcel = Parcel(
                direction: .push, repository: "m\(turn)", digest: record.versions[number]?.digest ?? "")
            let arguments = ["push", "m:\(number)", "\(registry.name)/\(parcel.repository):t", "--chunk", "65536"]
            return Step(name: "push", arguments: arguments, parcel: parcel) { $0 == $1 }
        }

        /// Pulls what was pushed last into the second home; `nil` when everything has been.
        func pull() -> Step? {
            guard var parcel = pushed.last else { return nil }
            parcel.direction = .pull
            let digest = parcel.digest
            let arguments = ["pull", "\(registry.name)/\(parcel.repository):t", "--name", "m", "--no-run"]
            return Step(name: "pull", arguments: arguments, parcel: parcel) { before, after in
                if before.versions.values.contains(where: { $0.digest == digest }) { return after == before }
                var expected = before
                let number = (before.versions.keys.max() ?? 0) + 1
                expected.versions[number] = .init(digest: digest, standing: .present)
                return after == expected
            }
        }

        // MARK: - What is left

        /// After a push or pull: what was killed is gone on with, and acknowledged; then both sides have the same.
        mutating func settle(_ step: Step, wasKilled: Bool) async throws {
            guard let parcel = step.parcel else { return }
            if parcel.direction == .push, wasKilled {
                let status = try await client.request("GET", manifest(of: parcel), headers: Self.accepted).status
                #expect([200, 404].contains(status), "\(parcel): \(status)")
                if status == 200 { try await expectWhole(parcel) }
            }
            if wasKilled {
                let again = try await home(of: step).run(step.arguments)
                #expect(again.exitCode == 0, "\(step.arguments): \(again)")
            }
            switch parcel.direction {
            case .push:
                try await expectWhole(parcel)
                pushed.append(parcel)
            case .pull:
                let record = try record(of: step)
                #expect(record.versions.values.contains(.init(digest: parcel.digest, standing: .present)))
                #expect(!TextFile.list(other.home.file("tmp")).contains { $0.hasPrefix("pull-") })
                pushed.removeLast()
                pulled.append(parcel)
            }
        }

        private static let accepted = [HTTPHeader("accept", "application/vnd.oci.image.manifest.v1+json")]

        private func manifest(of parcel: Parcel) -> String { "/v2/\(parcel.repository)/manifests/t" }

        /// The tag names the version, and all of its blobs are there.
        private func expectWhole(_ parcel: Parcel) async throws {
            let reply = try await client.request("GET", manifest(of: parcel), headers: Self.accepted)
            #expect(reply.status == 200 && reply.header("docker-content-digest") == parcel.digest, "\(parcel)")
            let layers = (reply.json?["layers"]?.arrayValue ?? []) + [reply.json?["config"] ?? .null]
            #expect(layers.count > 1, "\(parcel)")
            for layer in layers {
                let digest = layer["digest"]?.stringValue ?? ""
                let blob = try await client.request("GET", "/v2/\(parcel.repository)/blobs/\(digest)")
                #expect(blob.status == 200 && blob.body.count == layer["size"]?.intValue, "\(parcel): \(digest)")
            }
        }

        /// Pulls the rest, ends one pull more before its time, and sees to it that its leavings can be collected.
        mutating func expectWholeAtTheEnd() async throws {
            while let step = pull() {
                try await other.run(step.arguments).expectSuccess()
                try await settle(step, wasKilled: false)
            }
            let here = Set(try record().versions.values.map(\.digest))
            #expect(!pulled.isEmpty && pulled.allSatisfy { here.contains($0.digest) })
            for leaving in ["pull-\(String(repeating: "0", count: 64))", "push-x", "push-x~", "blob-x"] {
                try TextFile.write("left", to: other.home.file("tmp/\(leaving)"))
            }
            _ = try await other.shell("touch -d '8 days ago' '\(other.home.path)'/tmp/*")
            try await other.expect("gc")
            #expect(TextFile.list(other.home.file("tmp")) == [])
            try database.close()
            try otherDatabase.close()
        }
    }
}

extension Slipway.Outcome {
    fileprivate func expectSuccess() { #expect(exitCode == 0, "\(self)") }
}
