import Glibc
import Home
import ModelGraph
import Registry
import Tensors
import TestSupport
import Testing
import Trust

@testable import Workshop

/// Models with files beside them, imported through Slipway's own child.
@Suite struct ExternalImportTests {
    private let folder: TemporaryDirectory
    private let registry: ModelRegistry

    init() throws {
        folder = try TemporaryDirectory()
        registry = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("home"))))
    }

    private var traces: [String] { FolderListing.names(in: registry.database.home.temporary) }

    /// `y = x · w + b`, weights in `w.bin` and `b.bin`.
    private func write(_ weights: [(String, String)] = [("w.bin", ""), ("b.bin", "")]) throws -> String {
        func external(_ index: Int, _ name: String, _ dimensions: [Int64]) -> TensorValue {
            var entries = [StringEntry("location", weights[index].0)]
            if !weights[index].1.isEmpty { entries.append(StringEntry("checksum", weights[index].1)) }
            return TensorValue(name, .float32, dimensions, .external(entries))
        }
        let graph = Graph(
            "external", nodes: [Node("MatMul", ["x", "w"], ["m"]), Node("Add", ["m", "b"], ["y"])],
            initializers: [external(0, "w", [2, 2]), external(1, "b", [2])],
            inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(2)])],
            outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(2)])])
        try Model(graph, opset: 17, irVersion: 8).write(to: folder.file("model.onnx"))
        try TextFile.write(Self.bytes([1, 2, 3, 4]), to: folder.file("w.bin"))
        try TextFile.write(Self.bytes([10, 20]), to: folder.file("b.bin"))
        return folder.file("model.onnx")
    }

    private static func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    private func bring(_ path: String, embedding: Int = Importer.embeddedWeights) async throws -> Importer.Report {
        let importer = Importer(
            registry: registry, child: ChildRunner(executable: ChildProgram.own), engineDirectories: [],
            embeddedWeights: embedding)
        var request = Importer.Request(path: path, model: try ModelName("external"))
        request.runsOnce = false
        return try await importer.run(request)
    }

    @Test func weightsBesideAModelGoInside() async throws {
        let report = try await bring(try write())
        #expect(report.changes == ["weights of 2 files are inside the model now"])
        let stored = try Model.read(path: registry.modelFilePath(report.addition.record.digest))
        #expect(try stored.externalFiles() == [])
        #expect(try stored.graph.initializers[0].tensor().values(as: Float.self) == [1, 2, 3, 4])
        #expect(stored.validate().isValid)
        #expect(traces == [])
        #expect(try await bring(folder.file("model.onnx")).addition.outcome == .present)
    }

    @Test func weightsAreNoPartOfIdentityUntilTheyDiffer() async throws {
        let first = try await bring(try write())
        try TextFile.write(Self.bytes([1, 2, 3, 5]), to: folder.file("w.bin"))
        let second = try await bring(folder.file("model.onnx"))
        #expect(second.addition.isNew && second.addition.record.digest != first.addition.record.digest)
    }

    @Test func weightsThatAreTooLargeStayBesideTheGraphByDigest() async throws {
        let report = try await bring(try write(), embedding: 10)
        #expect(report.changes == ["weights of 2 files are kept beside the graph, by digest"])
        let digest = report.addition.record.digest
        let stored = try Model.read(path: registry.modelFilePath(digest))
        let names = try stored.externalFiles().map(\.location)
        #expect(names.count == 2 && names.allSatisfy { Digest(hex: $0) != nil })
        let layers = try registry.manifest(digest).layers.filter { $0.mediaType == LayerKind.weight.mediaType }
        #expect(Set(layers.map(\.path)) == Set(names + [PackageContents.graphPath]))
        for name in names {
            let path = "\(registry.database.home.blobs)/\(name)"
            #expect(try Digest(of: TextFile.bytes(path)).hex == name)
        }
        #expect(traces == [])
        // Without its weights a version cannot be loaded, and says so.
        #expect(unlink("\(registry.database.home.blobs)/\(names[0])") == 0)
        #expect { try registry.modelFilePath(digest) } throws: { ($0 as? RegistryError)?.code == .damaged }
    }

    @Test func aChecksumIsHeldTo() async throws {
        // SHA-1 of the eight bytes of 10 and 20.
        var checksum = FileChecksum()
        Self.bytes([10, 20]).withUnsafeBytes { checksum.write($0) }
        let good = checksum.hex.uppercased()
        #expect(try await bring(write([("w.bin", ""), ("b.bin", good)])).addition.isNew)
        let bad = "0000000000000000000000000000000000000000"
        let path = try write([("w.bin", ""), ("b.bin", bad)])
        let error = await #expect(throws: WorkshopError.self) { try await bring(path) }
        #expect(error?.code == .rejected && error?.message.contains("checksum") == true)
        #expect(traces == [])
    }

    @Test func filesThatAreMissingShortOrLinksAreRefused() async throws {
        for (deed, code) in [
            ("rm w.bin", WorkshopError.Code.unreadable), ("truncate -s 15 w.bin", .rejected),
            ("ln -sf /etc/passwd w.bin", .rejected), ("ln -f b.bin w.bin", .rejected),
            ("rm w.bin; mkfifo w.bin", .rejected), ("rm w.bin; mkdir w.bin", .rejected),
            ("rm w.bin; ln -s w.bin w.bin", .rejected), ("truncate -s 1T w.bin", .limit),
        ] {
            let path = try write()
            let done = try await Slipway.command("sh", ["-c", "cd '\(folder.path)' && \(deed)"])
            #expect(done.exitCode == 0, "\(done)")
            let error = await #expect(throws: WorkshopError.self) { try await bring(path) }
            #expect(error?.code == code, "\(deed): \(String(describing: error))")
            #expect(error?.message.contains("w.bin") == true)
            #expect(error?.description.contains(folder.path) == false)
            #expect(traces == [], "\(deed)")
            _ = try await Slipway.command("sh", ["-c", "cd '\(folder.path)' && rm -rf *.bin other"])
        }
        #expect(try registry.models().items.isEmpty)
    }

    @Test func theSummaryNamesTheFiles() async throws {
        let inspection = try await ChildRunner(executable: ChildProgram.own).inspect(path: try write())
        let files = inspection.summary["externalFiles"]?.arrayValue ?? []
        #expect(files.map { $0["location"]?.stringValue } == ["w.bin", "b.bin"])
        #expect(files.map { $0["bytes"]?.intValue } == [16, 8])
    }
}
