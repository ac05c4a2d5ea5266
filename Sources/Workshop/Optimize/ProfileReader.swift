import Engines
import Glibc
import ModelGraph
import Optimize
import Tensors

/// Which nodes of a model take the time of a run, by ONNX Runtime's own profile.
///
/// The engine runs what it made of the graph, so its nodes are not the model's: they are known again by their names, else by the
/// value that they make, which is written down as well.
enum ProfileReader {
    /// Runs that are counted, and lines of a profile, about.
    private static let runs = (least: 5, most: 50, lines: 40_000)
    private static let mostBytes = 128 << 20

    /// - Parameter folder: an empty one that is ours, to which the engine writes.
    /// - Returns: for each node of the model its share of all nodes' time.
    static func read(path: String, folder: String, directories: [String]) throws -> JSONValue {
        let model = try Inspection.validated(path)
        let count = max(1, model.graph.nodes.count)
        let runs = min(Self.runs.most, max(Self.runs.least, Self.runs.lines / count))
        let written = "\(folder)/made.onnx"
        try run(path, folder, written, runs: runs, directories)
        let times = try times(in: try profile(in: folder))
        let owners = Owners(of: model, in: try? Model.read(path: written))
        var seconds: [String: Double] = [:]
        for (node, time) in times { seconds[owners.label(of: node) ?? "", default: 0] += time }
        let all = seconds.values.reduce(0, +)
        guard all > 0 else { throw WorkshopError(.rejected, "the engine's profile has no times") }
        let shares = seconds.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }
        return .object([
            ("runs", .integer(runs)), ("engine", .string(EngineKind.onnxRuntime.displayName)),
            ("shares", .object(shares.map { ($0.key, JSONValue.number($0.value / all)) })),
            ("others", .number((seconds[""] ?? 0) / all)),
        ])
    }

    /// Runs a model on made-up inputs; the profile is whole when the session is gone.
    private static func run(
        _ path: String, _ folder: String, _ written: String, runs: Int, _ directories: [String]
    ) throws {
        let engine = try EngineCatalog(directory: directories.first).engine(.onnxRuntime)
        var options = SessionOptions()
        options.optimization = .recorded(path: written)
        options.profile = "\(folder)/profile"
        let session = try engine.load(.file(path), options: options)
        guard let inputs = try TrialInputs(for: session).sets.first else { return }
        for _ in 0...runs { _ = try session.run(inputs) }
    }

    private static func profile(in folder: String) throws -> JSONValue {
        let names = Folder.sortedNames(in: folder)
        guard let name = names.first(where: { $0.hasPrefix("profile") && $0.hasSuffix(".json") }) else {
            throw WorkshopError(.unreadable, "the engine wrote no profile")
        }
        return try JSONValue.parse(try bytes("\(folder)/\(name)"))
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw WorkshopError(.unreadable, "the profile cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= mostBytes else {
            throw WorkshopError(.limit, "the engine's profile is too large")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            guard count > 0 else { throw WorkshopError(.unreadable, "the profile is cut off") }
            filled += count
        }
        return bytes
    }

    /// Microseconds that each of the engine's nodes took, on average of all runs but the first and the longest fifth: in those
    /// somebody else had the processor.
    private static func times(in profile: JSONValue) throws -> [String: Double] {
        var times: [String: [Double]] = [:]
        let end = "_kernel_time"
        for event in profile.arrayValue ?? [] {
            guard event["cat"]?.stringValue == "Node", let name = event["name"]?.stringValue, name.hasSuffix(end),
                let time = event["dur"]?.doubleValue, time >= 0
            else { continue }
            times[String(name.dropLast(end.count)), default: []].append(time)
        }
        return times.mapValues { all in
            let counted = all.dropFirst().sorted().prefix(max(1, (all.count - 1) * 4 / 5))
            return counted.reduce(0, +) / Double(max(1, counted.count))
        }
    }
}

/// Whose work a node of the engine's graph does.
private struct Owners {
    private let view: GraphView
    private let byName: [String: Int]
    private let made: [String: Node]

    init(of model: Model, in made: Model?) {
        let view = GraphView(model)
        self.view = view
        byName = Dictionary(
            view.nodes.indices.map { (view.nodes[$0].name, $0) }.filter { !$0.0.isEmpty },
            uniquingKeysWith: { first, _ in first })
        self.made = Dictionary(
            (made?.graph.nodes ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the engine calls nodes that it made of others: `fused hidden`, `conv1_token_4`, and after the value that they make,
    /// `conv1.value_nchwc`.
    private static func names(_ node: String) -> [String] {
        var names = [node, node.hasPrefix("fused ") ? String(node.dropFirst(6)) : node]
        for mark in ["_token_", "_nchwc"] {
            if let range = node.ranges(of: mark).last { names.append(String(node[..<range.lowerBound])) }
        }
        return names
    }

    func label(of node: String) -> String? {
        let names = Self.names(node)
        if let index = names.lazy.compactMap({ byName[$0] }).first { return view.label(index) }
        let values = (made[node]?.outputs ?? []) + names
        guard let maker = values.lazy.compactMap({ view.maker(of: $0) }).first else { return nil }
        return view.label(start(of: maker, made[node]?.operatorType ?? ""))
    }

    /// Nodes are put together into one that makes what the last of them made; the work is that of the first.
    private func start(of last: Int, _ operatorType: String) -> Int {
        var index = last
        for _ in 0..<4 {
            if operatorType.hasSuffix(view.nodes[index].operatorType) { return index }
            guard let earlier = view.maker(of: view.nodes[index].input(0)) else { break }
            index = earlier
        }
        return last
    }
}
