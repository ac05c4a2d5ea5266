import Home
import ModelGraph
import Registry
import Tensors
import TestSupport
import Testing
import Workshop

@Suite struct ImporterTests {
    private let folder: TemporaryDirectory
    private let registry: ModelRegistry

    init() throws {
        folder = try TemporaryDirectory()
        registry = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("home"))))
    }

    private var traces: [String] { FolderListing.names(in: registry.database.home.temporary) }

    private static let report =
        #"{"summary": {}, "signature": {"inputs": [{"name": "x", "type": "float32", "shape": ["N"]}], "outputs": []}, "#
        + #""mapOutput": MAP, "parameters": 7, "precision": "fp16", "changes": ["maps became plain"]}"#

    /// A "model" that is a script for the child: what it reports when it is inspected, and does when it is probed.
    private func model(map: Bool = false, probe: String = "exit 1", compile: String = "exit 1") throws -> String {
        let report = Self.report.replacing("MAP", with: String(map))
        try TextFile.write(
            """
            case $2 in
            inspect) echo 'slipway-child: \(report)' >&2 ;;
            compile) \(compile) ;;
            probe) \(probe) ;;
            esac

            """, to: folder.file("model.onnx"))
        return folder.file("model.onnx")
    }

    private func answer(_ values: [Float], _ name: String) throws -> String {
        try NPZ.write([("0", Tensor(.float32, Shape([values.count]), values: values))], to: folder.file(name))
        return "cat '\(folder.file(name))'; echo 'slipway-child: {\"version\": \"1.2\", \"loadMilliseconds\": 3.5}' >&2"
    }

    private func run(_ path: String, _ change: (inout Importer.Request) -> Void = { _ in }) async throws
        -> Importer.Report
    {
        var request = Importer.Request(path: path, model: try ModelName("made"))
        change(&request)
        let importer = Importer(
            registry: registry, child: ChildRunner(executable: ChildProgram.script), engineDirectories: ["/nowhere"])
        return try await importer.run(request)
    }

    @Test func whatIsInspectedIsStored() async throws {
        let path = try model(probe: answer([1, 2], "one.npz"))
        let report = try await run(path) { request in
            request.note = "first"
            request.labels = ["team": "ports"]
            request.provenance = ["trainer": "me"]
        }
        #expect(report.addition.isNew)
        let record = report.addition.record
        #expect(record.reference.description == "made:1" && record.note == "first" && record.source == "model.onnx")
        #expect(record.labels == ["team": "ports"])
        #expect(try registry.description(record.digest).signature.inputs.map(\.name) == ["x"])
        #expect(try TextFile.read(registry.modelFilePath(record.digest)) == TextFile.read(path))
        #expect(try registry.referrers(of: record.digest, kind: .provenance).first?.payload == ["trainer": "me"])
        let engines = try registry.referrers(of: record.digest, kind: .comparison).first?.payload["engines"]?.arrayValue
        #expect(engines?.map { $0["runs"]?.boolValue } == [true, true, true])
        #expect(engines?.last?["agrees"]?.boolValue == true)
        #expect(traces == [])
    }

    @Test func theSameBytesWithTheSameOptionsAreThereAlready() async throws {
        let path = try model(probe: answer([1], "one.npz"))
        let first = try await run(path)
        let again = try await run(path)
        #expect(again.addition.outcome == .present)
        #expect(again.addition.record.digest == first.addition.record.digest)
        #expect(try await run(path) { $0.labels = ["a": "b"] }.addition.record.number.value == 2)
        #expect(try registry.referrers(of: first.addition.record.digest, kind: .comparison).count == 1)
    }

    @Test func anEngineThatDisagreesIsReported() async throws {
        let (one, other) = try (answer([1, 2], "one.npz"), answer([1, 4], "two.npz"))
        let report = try await run(model(probe: "if [ \"$4\" = openvino ]; then \(other); else \(one); fi"))
        #expect(report.engines.map(\.runs) == [true, true, true])
        #expect(report.engines[0].agreement == nil)
        #expect(report.engines[1].agreement?.isAcceptable == false)
        #expect(report.engines[1].agreement?.largestDifference == 2)
        #expect(report.engines[2].agreement?.largestDifference == 0)
    }

    @Test func oneEngineIsEnough() async throws {
        let one = try answer([1], "one.npz")
        let report = try await run(model(probe: "[ \"$4\" != onnxruntime ] || kill -11 $$; \(one)"))
        #expect(report.engines.map(\.runs) == [false, true, true])
        #expect(report.engines[0].problem?.contains("signal 11") == true)
        #expect(report.engines[1].agreement == nil && report.engines[1].version == "1.2")
    }

    @Test func noEngineIsTooFew() async throws {
        let path = try model(probe: "printf 'no arrays'; echo 'slipway-child: {}' >&2")
        let error = await #expect(throws: WorkshopError.self) { try await run(path) }
        #expect(error?.code == .mismatch && error?.message.hasSuffix("no engine runs this model") == true)
        #expect(error?.causes.count == 3)
        #expect(error?.causes.first?.contains("cannot be read") == true)
        #expect(try registry.models().items.isEmpty)
        #expect(traces == [])
        #expect(try await run(path) { $0.runsOnce = false }.engines.isEmpty)
    }

    @Test func mapsAreCompiledAwayAndSaid() async throws {
        let (plain, one) = (folder.file("plain.onnx"), try answer([1], "one.npz"))
        let path = try model(map: true, compile: "cat '\(plain)'; echo 'slipway-child: {}' >&2")
        try TextFile.write(
            TextFile.read(path).replacing("\"mapOutput\": true", with: "\"mapOutput\": false")
                .replacing("probe) exit 1", with: "probe) \(one)"), to: plain)
        let report = try await run(path)
        #expect(report.changes == ["maps became plain"])
        #expect(try TextFile.read(registry.modelFilePath(report.addition.record.digest)) == TextFile.read(plain))
        #expect(traces == [])
    }

    @Test func whatTheChildRefusesLeavesNothing() async throws {
        try TextFile.write("echo 'slipway-child: {\"error\": \"no\"}' >&2; exit 1", to: folder.file("bad.onnx"))
        let refused = await #expect(throws: WorkshopError.self) { try await run(folder.file("bad.onnx")) }
        #expect(refused?.code == .rejected)
        let broken = try model(map: true, compile: "head -c 100 /dev/zero; kill -9 $$")
        let killed = await #expect(throws: WorkshopError.self) { try await run(broken) }
        #expect(killed?.code == .limit)
        let missing = await #expect(throws: WorkshopError.self) { try await run(folder.file("missing.onnx")) }
        #expect(missing?.code == .unreadable)
        #expect(traces == [])
        #expect(try registry.models().items.isEmpty)
    }

    /// With Slipway's own child, and a model that was really trained.
    @Test(arguments: [nil, Slipway.example("digits/processing.json")] as [String?])
    func aRealModelIsImported(processing: String?) async throws {
        let importer = Importer(
            registry: registry, child: ChildRunner(executable: ChildProgram.own), engineDirectories: [])
        var request = Importer.Request(path: Slipway.example("digits/mlp.onnx"), model: try ModelName("digits"))
        request.processing = try processing.map { try JSONValue.parse(TextFile.bytes($0)) }
        request.runsOnce = false
        let report = try await importer.run(request)
        #expect(report.addition.isNew)
        #expect(report.inspection.signature.inputs.first?.shapeDescription == "[N, 64]")
        let outputs = report.inspection.signature.outputs.count
        #expect(processing == nil ? outputs >= 1 : outputs > 1)
        #expect(traces == [])
    }
}
