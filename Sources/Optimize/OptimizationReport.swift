package import ModelGraph
package import Tensors

/// What a model is, in figures.
package struct ModelFigures: Hashable, Sendable {
    package let nodes: Int
    /// Of the file.
    package let bytes: Int
    /// Estimated, for one row where the model leaves them open; of the layers where they are known.
    package let flops: Int
    package let layersOfUnknownFLOPs: Int

    /// - Throws: `GraphError` over 2 GB.
    package init(_ model: Model) throws {
        nodes = model.graph.nodes.count
        var size = 0
        try model.forEachPiece { size += $0.count }
        bytes = size
        let costs = model.costs(batch: 1)
        flops = costs.flops
        layersOfUnknownFLOPs = costs.layersOfUnknownFLOPs
    }

    package var json: JSONValue {
        .object([
            ("nodes", .integer(nodes)), ("bytes", .integer(bytes)), ("flops", .integer(flops)),
            ("layersOfUnknownFLOPs", .integer(layersOfUnknownFLOPs)),
        ])
    }
}

/// What an optimisation found, did, and measured.
package struct OptimizationReport: Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// There is another model, which answers alike.
        case improved
        /// There was nothing to be done, or nothing that could be kept.
        case unchanged
        /// What was made is worse than what was there, and was thrown away.
        case refused
    }

    package var outcome: Outcome
    /// Why the original is kept, where it is.
    package var reason: String?
    /// What was asked for by name and done before the passes, a sentence each.
    package var preparation: [String] = []
    package var records: [PassRecord]
    package var before: ModelFigures
    package var after: ModelFigures
    /// From the original's answers to the result's.
    package var difference: OutputDifference
    /// Runs that were compared, and how many of them on rows of an evaluation set.
    package var comparisons: Int
    package var fromEvaluation: Int
    package var speed: SpeedComparison?
    package var engine: String

    package var json: JSONValue {
        .object([
            ("outcome", .string(outcome.rawValue)), ("reason", reason.map(JSONValue.string) ?? .null),
            ("engine", .string(engine)), ("preparation", .array(preparation.map(JSONValue.string))),
            ("passes", .array(records.map(\.json))), ("before", before.json),
            ("after", after.json), ("difference", difference.json), ("comparisons", .integer(comparisons)),
            ("fromEvaluation", .integer(fromEvaluation)),
            (
                "speed",
                speed?.json ?? .null
            ),
        ])
    }
}

extension SpeedComparison {
    package var json: JSONValue {
        .object([
            ("beforeMilliseconds", .number(before * 1e3)), ("afterMilliseconds", .number(after * 1e3)),
            ("beforeMiddle", .number(middle[0] * 1e3)), ("afterMiddle", .number(middle[1] * 1e3)),
            ("factor", .number(factor)), ("noise", .number(noise)), ("faster", .bool(isFaster)),
            ("slower", .bool(isSlower)),
        ])
    }
}
