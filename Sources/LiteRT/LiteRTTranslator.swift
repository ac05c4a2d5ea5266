package import Engines
import ModelGraph
import Tensors

/// Makes TFLite files of ONNX graphs for the engine LiteRT, in memory: writing one takes less time than looking for one
/// that was kept.
package struct LiteRTTranslator: GraphTranslator {
    package init() {}

    /// Reads the graph; weights that lie beside it are mapped.
    ///
    /// - Throws: `TranslationFault`, naming the nodes that LiteRT has no counterpart for.
    package func translation(of source: ModelSource) throws(TranslationFault) -> any GraphTranslation {
        let model: Model
        let signature: Signature
        do throws(GraphError) {
            model = try Self.read(source)
            signature = try model.signature
        } catch {
            throw TranslationFault(error.description)
        }
        let translation = LiteRTTranslation(model: model, signature: signature)
        try translation.requireCounterparts()
        return translation
    }

    private static func read(_ source: ModelSource) throws(GraphError) -> Model {
        switch source {
        case .memory(let buffer): return try Model.read(buffer)
        case .file(let path):
            let model = try Model.read(path: path)
            var files: [String: ByteView] = [:]
            let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
            // Their names cannot lead out of the folder: `externalFiles` sees to that.
            for file in try model.externalFiles() {
                let mapped = try MappedFile(
                    path: folder + file.location, maximumBytes: GraphLimits().fileBytes)
                files[file.location] = ByteView(mapped.buffer)
            }
            return files.isEmpty ? model : try model.embeddingExternalData(files)
        }
    }
}

extension EngineCatalog {
    /// A catalog whose engine LiteRT runs ONNX graphs too.
    ///
    /// - Parameters: as `init(libraries:directory:)` has them.
    package static func translating(
        libraries: [EngineKind: String] = [:], directory: String? = EngineCatalog.standardDirectory
    ) -> EngineCatalog {
        EngineCatalog(libraries: libraries, directory: directory, translator: LiteRTTranslator())
    }
}

/// A graph that was read, with what it declares.
struct LiteRTTranslation: GraphTranslation {
    let model: Model
    let signature: Signature

    func file(for shapes: [Shape]) throws(TranslationFault) -> TensorBuffer {
        do throws(ConversionError) {
            return try model.convertedToLiteRT(options(shapes)).buffer
        } catch {
            throw Self.fault(error)
        }
    }

    func outputShapes(for shapes: [Shape]) -> [Shape]? {
        var options = InferenceOptions(batch: nil)
        options.inputDimensions = dimensions(shapes).mapValues { $0.map(Dimension.fixed) }
        let types = model.inferred(options)
        var made: [Shape] = []
        for output in signature.outputs {
            let sizes = types[output.name]?.tensor?.dimensions?.map(\.size)
            guard let sizes, let shape = try? Shape(sizes.compactMap(\.self)), shape.dimensions.count == sizes.count
            else { return nil }
            made.append(shape)
        }
        return made
    }

    /// Looks for nodes without a counterpart, with one for every open size: what is open besides the batch is known only
    /// when a run comes, and then it would be late to say that.
    func requireCounterparts() throws(TranslationFault) {
        var shapes: [Shape] = []
        for input in signature.inputs {
            guard let sizes = input.dimensions?.map({ $0.size ?? 1 }), let shape = try? Shape(sizes) else {
                throw TranslationFault(
                    "input '\(input.name.prefix(80))' does not say how many dimensions it has; LiteRT needs to know")
            }
            shapes.append(shape)
        }
        do throws(ConversionError) {
            try GraphConverter(model, options(shapes)).requireCounterparts()
        } catch {
            throw Self.fault(error)
        }
    }

    private func dimensions(_ shapes: [Shape]) -> [String: [Int]] {
        Dictionary(zip(signature.inputs, shapes).map { ($0.name, $1.dimensions) }) { first, _ in first }
    }

    private func options(_ shapes: [Shape]) -> ConversionOptions {
        var options = ConversionOptions()
        options.inputDimensions = dimensions(shapes)
        return options
    }

    private static func fault(_ error: ConversionError) -> TranslationFault {
        guard !error.problems.isEmpty else { return TranslationFault(error.message) }
        let shown = error.problems.prefix(3).joined(separator: "; ")
        let rest = error.problems.count - 3
        return TranslationFault("\(error.message): \(shown)" + (rest > 0 ? "; and \(rest) more" : ""))
    }
}
