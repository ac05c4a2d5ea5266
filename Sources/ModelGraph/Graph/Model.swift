/// A whole ONNX file: a graph, the operator sets it is written in, and where it comes from.
///
/// Source: `onnx.proto`, `ModelProto`. Device configurations (field 26) stay in `unknownFields`.
package struct Model: Hashable, Sendable {
    /// The version of the file format: 3 (2017) to 14.
    package var irVersion: Int64 = 0
    package var producerName = ""
    package var producerVersion = ""
    package var domain = ""
    package var modelVersion: Int64 = 0
    package var documentation = ""
    package var graph = Graph()
    package var opsetImports: [OpsetImport] = []
    package var metadata: [StringEntry] = []
    package var trainingInfo: [TrainingInfo] = []
    package var functions: [Function] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ graph: Graph, opset: Int64, irVersion: Int64) {
        self.graph = graph
        self.opsetImports = [OpsetImport(opset)]
        self.irVersion = irVersion
    }

    /// The version of ONNX's own operators, or `nil` when the model imports none.
    package var opset: Int64? { opsetImports.version(of: "") }
}
