import ModelGraph
import TensorFlow

/// A SavedModel: its graph, and the index of its variables.
enum SavedModelExercise {
    static func graph(_ bytes: [UInt8]) {
        guard let file = try? SavedModelFile(.init(graph: ByteView(copying: bytes).buffer)) else { return }
        precondition(file.parameterCount >= 0)
        _ = SavedModelScan(file).outcome
        guard let converted = try? SavedModelConversion.convert(file) else { return }
        _ = converted.model.validate(ValidationOptions())
        _ = try? converted.model.encoded()
    }

    static func index(_ bytes: [UInt8]) {
        // A graph of nothing, with these variables.
        let graph = ByteView(copying: [0x08, 1, 0x12, 0]).buffer
        let values = ByteView(copying: [UInt8](repeating: 0, count: 64)).buffer
        let file = try? SavedModelFile(.init(graph: graph, index: ByteView(copying: bytes).buffer, shards: [values]))
        precondition(file.map { $0.parameterCount >= 0 } ?? true)
    }
}
