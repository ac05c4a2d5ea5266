import HDF5
import Tensors

/// The weights of a network's layers, in either of the two orders in which Keras keeps them.
struct ModelWeights {
    /// Groups by class of layer, numbered, with a group for each part of a layer.
    private struct Tree {
        var members: [String: (name: String, address: UInt64)]
        var group: HDF5Group
    }

    /// A weight of the older format: its name's parts, and its array.
    struct Listed {
        var parts: [String]
        var dataset: HDF5Dataset
    }

    private enum Place {
        case tree(Tree?)
        /// All layers of the model, each a group with a list.
        case lists(Tree)
        /// One layer's list, of which this network's layers have parts.
        case listed([Listed])
    }

    private let place: Place

    /// The weights of a whole model.
    init(_ file: KerasFile) throws(KerasError) {
        do throws(HDF5Error) {
            let root = try file.weights.root()
            guard file.isLegacy else {
                place = .tree(try Self.container(of: root))
                return
            }
            guard let group = try root.group(["model_weights"]) else {
                throw KerasError("the file has no 'model_weights'").asHDF5
            }
            place = .lists(try Self.tree(group))
        } catch {
            throw KerasError(error)
        }
    }

    private init(_ place: Place) { self.place = place }

    private static func tree(_ group: HDF5Group) throws(HDF5Error) -> Tree {
        let members = try group.members().map { ($0.name, $0) }
        return Tree(members: Dictionary(members) { first, _ in first }, group: group)
    }

    /// Where a model keeps its layers: under this name since Keras 2.14, under the other before.
    private static func container(of group: HDF5Group) throws(HDF5Error) -> Tree? {
        for name in ["layers", "_layer_checkpoint_dependencies"] {
            if let found = try group.group([name]) { return try tree(found) }
        }
        return nil
    }

    /// The weights of a layer.
    ///
    /// - Parameters:
    ///   - name: the layer's own name.
    ///   - key: its class in small letters, numbered among the network's layers.
    func layer(_ name: String, key: String) throws(KerasError) -> LayerWeights {
        do throws(HDF5Error) {
            switch place {
            case .tree(let tree): return LayerWeights(.tree(try Self.group(key, tree), name: name))
            case .lists(let tree):
                guard let group = try Self.group(name, tree) else { return LayerWeights(.listed([])) }
                return LayerWeights(.listed(try Self.list(group)))
            case .listed(let all): return LayerWeights(.listed(all.filter { $0.parts.dropLast().contains(name) }))
            }
        } catch {
            throw KerasError(error)
        }
    }

    /// The weights of a network that is itself a layer.
    func network(_ name: String, key: String) throws(KerasError) -> ModelWeights {
        do throws(HDF5Error) {
            switch place {
            case .tree(let tree):
                guard let group = try Self.group(key, tree) else { return ModelWeights(.tree(nil)) }
                return ModelWeights(.tree(try Self.container(of: group)))
            case .lists(let tree):
                guard let group = try Self.group(name, tree) else { return ModelWeights(.listed([])) }
                return ModelWeights(.listed(try Self.list(group)))
            case .listed: return self
            }
        } catch {
            throw KerasError(error)
        }
    }

    private static func group(_ name: String, _ tree: Tree?) throws(HDF5Error) -> HDF5Group? {
        guard let tree, let member = tree.members[name] else { return nil }
        guard case .group(let group) = try tree.group.object(member) else { return nil }
        return group
    }

    /// A layer's weights, in the order of its attribute `weight_names`, which may be cut into several.
    private static func list(_ group: HDF5Group) throws(HDF5Error) -> [Listed] {
        var names: [String] = []
        if let attribute = try group.attribute("weight_names") {
            // A list without elements is kept as numbers.
            names = attribute.dimensions.contains(0) ? [] : try attribute.texts()
        } else {
            var number = 0
            while let attribute = try group.attribute("weight_names\(number)") {
                names += try attribute.texts()
                number += 1
            }
        }
        var listed: [Listed] = []
        for name in names {
            let parts = name.split(separator: "/").map(String.init)
            guard let last = parts.last, let home = try group.group(parts.dropLast()),
                case .dataset(let dataset)? = try home.object(last)
            else { throw KerasError("the weight '\(name.prefix(120))' is listed, but not there").asHDF5 }
            listed.append(Listed(parts: parts, dataset: dataset))
        }
        return listed
    }
}

extension KerasError {
    /// So that one `do` can carry both.
    var asHDF5: HDF5Error { .broken(message) }
}
