import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

/// Versions of `table` that look up a row: `i` INT64 [N] to `y` FP32 [N]. One that is too short fails for a row beyond its end.
struct RolloutTable {
    let slipway: Slipway

    /// A home with `table:1`, 16 rows, in service, and `table:2` registered.
    ///
    /// - Parameter work: how often the second multiplies by a matrix in vain; a hundred times take some milliseconds.
    init(second values: [Float], work: Int = 0) async throws {
        slipway = try Slipway()
        for (index, (values, work)) in [(Array(repeating: 1, count: 16), 0), (values, work)].enumerated() {
            let file = slipway.scratch.file("table-\(index).onnx")
            try TextFile.write(try Self.model(values, work: work).encoded(), to: file)
            try await slipway.expect("import", file, "--name", "table")
        }
        try await slipway.expect("deploy", "table:1")
    }

    static func model(_ values: [Float], work: Int = 0) throws -> Model {
        let rows = TensorValue("rows", try Tensor(.float32, Shape([values.count]), values: values))
        var graph = Graph(
            "table", nodes: [Node("Gather", ["rows", "i"], [work > 0 ? "quick" : "y"])], initializers: [rows],
            inputs: [ValueInfo("i", .int64, [.symbol("N")])], outputs: [ValueInfo("y", .float32, [.symbol("N")])])
        if work > 0 { try delay(&graph, work) }
        return Model(graph, opset: 17, irVersion: 8)
    }

    /// Adds products with a matrix of zeros between `quick` and `y`.
    private static func delay(_ graph: inout Graph, _ rounds: Int) throws {
        let width = 512
        for (name, shape) in [("in", [1, width]), ("vain", [width, width]), ("out", [width, 1])] {
            graph.initializers.append(TensorValue(name, try Tensor(zeros: .float32, Shape(shape))))
        }
        graph.initializers.append(TensorValue("last", try Tensor(.int64, Shape([1]), values: [1] as [Int64])))
        graph.nodes += [Node("Unsqueeze", ["quick", "last"], ["column"]), Node("MatMul", ["column", "in"], ["h0"])]
        graph.nodes += (0..<rounds).map { Node("MatMul", ["h\($0)", "vain"], ["h\($0 + 1)"]) }
        graph.nodes += [
            Node("MatMul", ["h\(rounds)", "out"], ["sum"]), Node("Squeeze", ["sum", "last"], ["nothing"]),
            Node("Add", ["quick", "nothing"], ["y"]),
        ]
    }

    static func ask(_ client: HTTPClient, row: Int = 7) async throws -> HTTPReply {
        let body = #"{"inputs":[{"name":"i","datatype":"INT64","shape":[1],"data":[\#(row)]}]}"#
        return try await client.request(
            "POST", "/v2/models/table/infer", headers: [HTTPHeader("content-type", "application/json")],
            body: Array(body.utf8))
    }

    /// Requests for a row, as fast as answers come on four connections, or so many a second.
    static func load(_ server: Slipway.Server, row: Int64 = 7, perSecond rate: Double? = nil) async throws -> LoadRun {
        let address = try ServerAddress(server.dataAddress)
        let request = InferenceRequest(
            endpoint: "table", inputs: [(name: "i", tensor: try Tensor(.int64, Shape([1]), values: [row]))],
            outputs: ["y"])
        var configuration = LoadConfiguration()
        if let rate { configuration.pace = .perSecond(rate) }
        return try await LoadGenerator(address, samples: [LoadSample(request, to: address)]).start(configuration)
    }

    /// Begins a rollout of the second version.
    func begin(_ options: String...) async throws {
        let outcome = try await slipway.run(["deploy", "table:2", "--strategy", "canary"] + options)
        try #require(outcome.exitCode == 0, "\(outcome)")
    }

    func report() async throws -> JSONValue { try await slipway.json("rollout", "table") }

    /// Waits until the rollout's report says something.
    @discardableResult
    func wait(for what: String, until condition: (JSONValue) -> Bool) async throws -> JSONValue {
        var report = JSONValue.null
        try await TestSupport.wait(for: what, atMost: .seconds(90)) {
            report = try await self.report()
            return condition(report)
        }
        return report
    }

    /// How the endpoint's traffic is divided, as `status` tells it.
    func traffic() async throws -> String? {
        try await slipway.json("status", "table")["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue
    }
}

extension JSONValue {
    /// A rollout's last decision.
    var decision: JSONValue? { self["decisions"]?.arrayValue?.last }
    /// Where a rollout stands.
    var state: String? { self["state"]?.stringValue }
}
