import Client
import Foundation
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// SavedModels from the folder to the served answer, and those that are not rebuilt.
    @Suite
    struct SavedModelDoorTests {
        @Test(arguments: ["vision", "steps"])
        func aSavedModelIsImportedServedAndAnswersAsTensorFlowDoes(_ example: String) async throws {
            let slipway = try Slipway()
            let imported = try await slipway.run([
                "import", Slipway.example("saved-model/\(example).zip"), "--name", "net", "--json",
            ])
            try #require(imported.exitCode == 0, "\(imported)")
            let source = try await slipway.json("show", "net:1")["known"]?.arrayValue?
                .first { $0["kind"]?.stringValue == "lineage" }?["payload"]
            #expect(source?["library"]?.stringValue == "TensorFlow" && source?["format"]?.stringValue == "SavedModel")
            let arrays = try ExpectedArrays.read(Slipway.example("saved-model"))
            let input = example == "vision" ? "image" : "steps"
            let asked = try #require(arrays["\(example)|in|\(input)"])
            let expected = try #require(arrays["\(example)|out|output_0"]).doubles()
            #expect(try await slipway("deploy", "net:1").exitCode == 0)
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(
                    InferenceRequest(endpoint: "net", inputs: [(name: input, tensor: asked)]))
                let answered = try reply["output_0"]?.doubles() ?? []
                #expect(answered.count == expected.count && !answered.isEmpty)
                #expect(zip(answered, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
            }
            #expect(ended.exitCode == 0)
        }

        /// As TensorFlow Serving has them: `MODEL/1/saved_model.pb`; and one version of it by itself.
        @Test
        func foldersOfTensorFlowServingAreImportedAsTheyAre() async throws {
            let slipway = try Slipway()
            let folder = try TemporaryDirectory()
            for number in [3, 7] {
                try Self.unpack("toolbox", into: folder.file("words/\(number)"))
            }
            let one = try await slipway.run(["import", folder.file("words/7"), "--json"])
            try #require(one.exitCode == 0, "\(one)")
            let all = try await slipway.run([
                "import", folder.file("words"), "--name", "words", "--endpoints", folder.file("endpoints.json"),
            ])
            try #require(all.exitCode == 0, "\(all)")
            let listed = try await slipway.json("list").arrayValue ?? []
            #expect(
                listed.contains { $0["model"]?.stringValue == "words" || $0["name"]?.stringValue == "words" },
                "\(listed)")
            let shown = try await slipway.run(["show", folder.file("words/3")])
            #expect(
                shown.exitCode == 0 && shown.output.contains("SavedModel") && shown.output.contains("spread"),
                "\(shown)")
            let scanned = try await slipway.run(["scan", folder.file("words/3")])
            #expect(scanned.exitCode == 0 && scanned.output.contains("StatefulPartitionedCall"), "\(scanned)")
            // A link in the place of the values leads nowhere.
            let data = folder.file("words/3/variables/variables.data-00000-of-00001")
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.createSymbolicLink(
                atPath: data, withDestinationPath: folder.file("words/7/variables/variables.data-00000-of-00001"))
            let linked = try await slipway.run(["import", folder.file("words/3")])
            #expect(linked.exitCode != 0 && linked.talk.contains("link"), "\(linked)")
        }

        @Test
        func signaturesAndOperatorsThatAreNotThereAreNamedAndNothingIsKept() async throws {
            let slipway = try Slipway()
            let imported = try await slipway.run([
                "import", Slipway.example("saved-model/vision.zip"), "--name", "net", "--signature", "train",
            ])
            #expect(imported.exitCode == 7 && imported.talk.contains("serving_default"), "\(imported)")
            let folder = try TemporaryDirectory()
            try Self.unpack("session", into: folder.file("broken"))
            // `Softmax` becomes an operator of the same length that would read a file.
            let graph = folder.file("broken/saved_model.pb")
            let bytes = try TextFile.bytes(graph)
            let damaged = Self.replacing("Softmax", with: "ReadFil", in: bytes)
            try #require(damaged != bytes)
            try Data(damaged).write(to: URL(filePath: graph))
            let refused = try await slipway.run(["import", folder.file("broken")])
            #expect(refused.exitCode == 7 && refused.talk.contains("ReadFil"), "\(refused)")
            let shown = try await slipway.run(["show", folder.file("broken")])
            #expect(shown.exitCode == 0 && shown.output.contains("refused"), "\(shown)")
            #expect(try await slipway.json("list") == .array([]))
        }

        private static func unpack(_ example: String, into folder: String) throws {
            let buffer = TensorBuffer(copying: try TextFile.bytes(Slipway.example("saved-model/\(example).zip")))
            let archive = try ZipArchive(buffer, limits: ArrayLimits())
            try FileManager.default.createDirectory(
                atPath: folder + "/variables", withIntermediateDirectories: true)
            for member in archive.members {
                let bytes = try archive.bytes(of: member)
                try Data(bytes.bytes.prefix(member.byteCount)).write(to: URL(filePath: "\(folder)/\(member.name)"))
            }
        }

        private static func replacing(_ text: String, with other: String, in bytes: [UInt8]) -> [UInt8] {
            var result = bytes
            let (old, new) = (Array(text.utf8), Array(other.utf8))
            var place = 0
            while place + old.count <= result.count {
                if Array(result[place..<place + old.count]) == old {
                    result.replaceSubrange(place..<place + old.count, with: new)
                }
                place += 1
            }
            return result
        }
    }
}

extension TensorBuffer {
    fileprivate convenience init(copying bytes: [UInt8]) {
        self.init(capacity: bytes.count)
        bytes.withUnsafeBytes { mutableBytes.copyMemory(from: $0) }
    }
}
