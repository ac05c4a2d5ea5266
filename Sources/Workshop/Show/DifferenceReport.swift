import ModelGraph
import Tensors

/// What `show A B` is told of two models, by the limited child.
enum DifferenceReport {
    /// The most entries of each list that are reported; the counts tell of all.
    private static let most = 10_000

    static func read(before: String, after: String) throws -> JSONValue {
        let difference = try validated(before).difference(to: try validated(after))
        return .object([
            ("same", .bool(difference.isEmpty)),
            ("properties", list(difference.properties, change)), ("opsets", list(difference.opsets, change)),
            ("inputs", list(difference.inputs, change)), ("outputs", list(difference.outputs, change)),
            ("functions", list(difference.functions, change)), ("nodesAdded", list(difference.nodesAdded, node)),
            ("nodesRemoved", list(difference.nodesRemoved, node)),
            ("nodesChanged", list(difference.nodesChanged, nodeChange)),
            ("constantsAdded", list(difference.constantsAdded, change)),
            ("constantsRemoved", list(difference.constantsRemoved, change)),
            ("constantsChanged", list(difference.constantsChanged, constantChange)),
            ("counts", counts(difference)),
        ])
    }

    static func validated(_ path: String) throws -> Model {
        do {
            return try Inspection.validated(path)
        } catch let error as WorkshopError {
            throw error.about(path)
        }
    }

    private static func list<Item>(_ items: [Item], _ json: (Item) -> JSONValue) -> JSONValue {
        .array(items.prefix(most).map(json))
    }

    private static func counts(_ difference: ModelDifference) -> JSONValue {
        .object([
            ("nodesAdded", .integer(difference.nodesAdded.count)),
            ("nodesRemoved", .integer(difference.nodesRemoved.count)),
            ("nodesChanged", .integer(difference.nodesChanged.count)),
            ("constantsAdded", .integer(difference.constantsAdded.count)),
            ("constantsRemoved", .integer(difference.constantsRemoved.count)),
            ("constantsChanged", .integer(difference.constantsChanged.count)),
        ])
    }

    private static func change(_ change: ModelDifference.Change) -> JSONValue {
        .object([
            ("name", .string(change.name)), ("before", change.before.map(JSONValue.string) ?? .null),
            ("after", change.after.map(JSONValue.string) ?? .null),
        ])
    }

    private static func node(_ node: ModelDifference.NodeReference) -> JSONValue {
        .object([
            ("name", .string(node.name)), ("operator", .string(node.operatorName.description)),
            ("index", .integer(node.index)),
        ])
    }

    private static func nodeChange(_ change: ModelDifference.NodeChange) -> JSONValue {
        .object([
            ("before", node(change.before)), ("after", node(change.after)),
            ("attributes", list(change.attributes, self.change)), ("inputs", list(change.inputs, self.change)),
        ])
    }

    private static func constantChange(_ change: ModelDifference.ConstantChange) -> JSONValue {
        .object([
            ("name", .string(change.name)), ("before", .string(change.before)), ("after", .string(change.after)),
            ("largestDifference", change.largestDifference.map(JSONValue.number) ?? .null),
            ("changedElements", change.changedElements.map(JSONValue.integer) ?? .null),
        ])
    }
}
