import HDF5
import Tensors

/// What is in a Keras file, whether it can be rebuilt or not.
package struct KerasSummary: Sendable {
    /// One layer, those of networks within the network included.
    package struct Layer: Hashable, Sendable {
        /// With the names of the networks around it.
        package var name: String
        package var className: String
    }

    /// One array.
    package struct Weight: Hashable, Sendable {
        /// Its path in the file.
        package var name: String
        package var type: String
        package var shape: [Int]
        package var byteCount: Int
    }

    /// The model's class: `Sequential`, `Functional`, or its owner's own.
    package private(set) var className = ""
    package private(set) var layers: [Layer] = []
    package private(set) var weights: [Weight] = []

    /// Numbers in all weights together; saturates.
    package var parameterCount: Int {
        weights.reduce(0) { sum, weight in
            let (total, overflow) = sum.addingReportingOverflow(
                KerasValue.product(weight.shape.map(Optional.init)) ?? .max)
            return overflow ? .max : total
        }
    }

    private static let mostLayers = 100_000

    /// - Throws: `KerasError` when the file's structure is damaged.
    package init(_ file: KerasFile) throws(KerasError) {
        if let configuration = file.configuration {
            className = configuration["class_name"]?.stringValue ?? "?"
            addLayers(configuration, path: "", depth: 0)
        }
        do throws(HDF5Error) {
            let root = try file.weights.root()
            var seen: Set<UInt64> = []
            for member in try root.members() where !Self.isOptimizer(member.name) {
                try addWeights(try root.object(member), address: member.address, seen: &seen, depth: 0)
            }
        } catch {
            throw KerasError(error)
        }
    }

    /// What training needs, and answering does not.
    private static func isOptimizer(_ name: String) -> Bool { name == "optimizer" || name == "optimizer_weights" }

    private mutating func addLayers(_ json: JSONValue, path: String, depth: Int) {
        guard depth < NetworkReader.deepest, let options = json["config"] else { return }
        for layer in options["layers"]?.arrayValue ?? options.arrayValue ?? [] where layers.count < Self.mostLayers {
            let name = path + (layer["config"]?["name"]?.stringValue ?? layer["name"]?.stringValue ?? "?")
            layers.append(Layer(name: name, className: layer["class_name"]?.stringValue ?? "?"))
            addLayers(layer, path: name + "/", depth: depth + 1)
        }
    }

    private mutating func addWeights(
        _ object: HDF5Object, address: UInt64, seen: inout Set<UInt64>, depth: Int
    ) throws(HDF5Error) {
        guard depth < 64, seen.insert(address).inserted else {
            throw .broken("the file's groups go round in a circle, or are too deep")
        }
        switch object {
        case .dataset(let dataset):
            weights.append(
                Weight(
                    name: dataset.path, type: try dataset.type().name, shape: try dataset.dimensions(),
                    byteCount: try dataset.byteCount()))
        case .group(let group):
            for member in try group.members() {
                try addWeights(try group.object(member), address: member.address, seen: &seen, depth: depth + 1)
            }
        }
    }
}
