import Engines
import Glibc
import Home
import ModelGraph
import Registry
import Tensors
import TestSupport
import Testing
import Trust

@testable import Workshop

/// Graphs that came in a package from elsewhere: what they may name, and what they have to be.
@Suite struct PackageCheckTests {
    private let folder: TemporaryDirectory
    private let registry: ModelRegistry
    private static let weights: [Float] = [1, 2, 3, 4]
    /// The only name that the weights may have.
    private static let name = Digest(of: weights.withUnsafeBytes { Array($0) }).hex

    init() throws {
        folder = try TemporaryDirectory()
        registry = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("home"))))
    }

    private var traces: [String] { FolderListing.names(in: registry.database.home.temporary) }

    private func importer(_ program: String = ChildProgram.own) -> Importer {
        Importer(registry: registry, child: ChildRunner(executable: program), engineDirectories: [])
    }

    private static func signature(width: Int = 2) -> Signature {
        Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(width)])],
            outputs: [TensorSpec(name: "y", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])])
    }

    /// `y = x · w`, the weights under `location`; the graph and the weights under names of no meaning, as while they are
    /// pulled.
    private func packaged(
        _ location: String = name, others: [String]? = nil, declared: Signature = signature(), cut: Int = 0
    ) throws -> PackagedGraph {
        let weights = TensorValue("w", .float32, [2, 2], .external([StringEntry("location", location)]))
        let graph = Graph(
            "packaged", nodes: [Node("MatMul", ["x", "w"], ["y"])], initializers: [weights],
            inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(2)])],
            outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(2)])])
        let temporary = registry.database.home.temporary
        try Model(graph, opset: 17, irVersion: 8).write(to: "\(temporary)/pull-graph")
        let bytes = Self.weights.withUnsafeBytes { Array($0) }
        try TextFile.write(Array(bytes.dropLast(cut)), to: "\(temporary)/pull-weights")
        let names = others ?? [Self.name]
        return PackagedGraph(
            source: "registry.example/net", path: "\(temporary)/pull-graph",
            others: Dictionary(names.map { ($0, "\(temporary)/pull-weights") }) { $1 }, declared: declared)
    }

    @Test func weightsThatArePartOfThePackageAreAccepted() async throws {
        let checked = try await importer().check(try packaged(), runsOnce: false)
        #expect(checked.inspection.signature.inputs.map(\.name) == ["x"])
        #expect(checked.comparison == nil)
        #expect(traces == ["pull-graph", "pull-weights"])
    }

    @Test(
        arguments: [
            ("weights.bin", nil), (name, []), ("../\(name)", nil), ("/etc/passwd", nil),
            (String(repeating: "0", count: 64), nil),
        ] as [(String, [String]?)])
    func otherNamesAreRefused(_ location: String, _ others: [String]?) async throws {
        let error = await #expect(throws: WorkshopError.self) {
            try await importer().check(try packaged(location, others: others), runsOnce: false)
        }
        #expect(error?.code == .rejected, "\(location)")
        #expect(error?.message.hasPrefix("'net': ") == true, "\(String(describing: error))")
        #expect(error?.description.contains(folder.path) == false)
    }

    @Test func weightsThatEndTooEarlyAreRefused() async throws {
        let error = await #expect(throws: WorkshopError.self) {
            try await importer().check(try packaged(cut: 1), runsOnce: false)
        }
        #expect(error?.code == .rejected && error?.message.contains("15 bytes") == true)
    }

    @Test func anotherModelThanDescribedIsRefused() async throws {
        let error = await #expect(throws: WorkshopError.self) {
            try await importer().check(try packaged(declared: Self.signature(width: 3)), runsOnce: false)
        }
        #expect(error?.code == .rejected && error?.message.contains("another model") == true)
        #expect(error?.causes.count == 2)
    }

    /// The engines see the graph with its weights beside it, under the names that it has for them.
    @Test func itIsRunWhereItFindsItsWeights() async throws {
        let answer = "cat '\(folder.file("one.npz"))'; echo 'slipway-child: {\"version\": \"1.2\"}' >&2"
        try NPZ.write([("0", Tensor(.float32, Shape([1]), values: [1] as [Float]))], to: folder.file("one.npz"))
        let report =
            #"{"summary": {"externalFiles": [{"location": "NAME", "bytes": 16, "tensors": 1}]}, "#
            + #""signature": {"inputs": [{"name": "x", "type": "float32", "shape": ["N", 2]}], "#
            + #""outputs": [{"name": "y", "type": "float32", "shape": ["N", 2]}]}, "mapOutput": false}"#
        var graph = try packaged()
        try TextFile.write(
            """
            case $2 in
            inspect) echo 'slipway-child: \(report.replacing("NAME", with: Self.name))' >&2 ;;
            probe) [ -s "$(dirname "$3")/\(Self.name)" ] && { \(answer); } ;;
            esac

            """, to: graph.path)
        let checked = try await importer(ChildProgram.script).check(graph)
        let engines = checked.comparison?["engines"]?.arrayValue
        #expect(engines?.map { $0["runs"]?.boolValue } == EngineKind.allCases.map { _ in true })
        #expect(traces == ["pull-graph", "pull-weights"])

        graph.others = [:]
        await #expect(throws: WorkshopError.self) { try await importer(ChildProgram.script).check(graph) }
    }
}
