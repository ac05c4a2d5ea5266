import ModelGraph
package import Tensors

/// A SavedModel: its graphs, and where the values of their variables are.
package struct SavedModelFile {
    /// The files of a SavedModel's folder, in memory.
    package struct Parts {
        /// `saved_model.pb`.
        package var graph: TensorBuffer
        /// `variables/variables.index`; `nil` for a model without variables.
        package var index: TensorBuffer?
        /// `variables/variables.data-00000-of-00001` and so on.
        package var shards: [TensorBuffer]

        package init(graph: TensorBuffer, index: TensorBuffer? = nil, shards: [TensorBuffer] = []) {
            self.graph = graph
            self.index = index
            self.shards = shards
        }
    }

    /// The file that makes a folder a SavedModel.
    package static let graphFile = "saved_model.pb"
    /// The folder beside it.
    package static let variables = "variables"
    /// In that folder.
    package static let index = "variables.index"
    /// With which the names of files with values begin.
    package static let shardPrefix = "variables.data-"
    /// Files with values, at most.
    package static let mostShards = 1000

    let graphs: [MetaGraph]
    let bundle: TensorBundle?

    /// Reads everything but the values of variables, which stay where they are.
    ///
    /// - Throws: `TensorFlowError` when any part is damaged, or more than is accepted.
    package init(_ parts: Parts) throws(TensorFlowError) {
        graphs = try MetaGraph.all(in: ByteView(parts.graph))
        guard !graphs.isEmpty else { throw .broken("saved_model.pb holds no graph") }
        bundle = try parts.index.map { (index) throws(TensorFlowError) in
            try TensorBundle(index: index, shards: parts.shards)
        }
    }

    /// The graph that serves.
    var graph: MetaGraph { graphs.first { $0.tags.contains("serve") } ?? graphs[0] }

    /// Whether a file in a folder holds values of variables.
    package static func isShard(_ name: String) -> Bool {
        name.hasPrefix(shardPrefix) && name.utf8.count <= 64
    }
}

/// SavedModels in one file.
extension SavedModelFile {
    /// The parts in a zip archive of a SavedModel's folder; `nil` for an archive of something else.
    ///
    /// - Throws: `TensorFlowError` when it is one and is damaged.
    package static func parts(inZip buffer: TensorBuffer) throws(TensorFlowError) -> Parts? {
        guard buffer.bytes.starts(with: [0x50, 0x4b]),
            let archive = try? ZipArchive(buffer, limits: ArrayLimits(bytes: 8 << 30, arrays: 10_000)),
            let graph = archive.members.first(where: { $0.name == graphFile || $0.name.hasSuffix("/" + graphFile) })
        else { return nil }
        let folder = graph.name.dropLast(graphFile.count) + variables + "/"
        do {
            var parts = Parts(graph: try archive.bytes(of: graph))
            let members = archive.members.filter { $0.name.hasPrefix(folder) }.sorted { $0.name < $1.name }
            for member in members {
                let name = String(member.name.dropFirst(folder.count))
                if name == index { parts.index = try archive.bytes(of: member) }
                if isShard(name) { parts.shards.append(try archive.bytes(of: member)) }
            }
            return parts
        } catch {
            throw .broken("the archive of a SavedModel is damaged: \(error.message)")
        }
    }
}
