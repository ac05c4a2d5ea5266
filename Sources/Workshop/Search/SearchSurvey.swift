package import Compress
import Optimize
import Tensors

/// What is known of the original before anything is tried.
package struct SearchSurvey: Sendable {
    package let facts: SearchFacts
    /// `ONNX Runtime 1.31.1`.
    package let engine: String
    package let accuracy: Double?
    /// What is judged by, how many rows that are, and what values are looked at with.
    package let judgedBy: String
    package let rows: Int
    package let calibration: String
    package let nodes: Int?
    package let flops: Int?
    package let parameters: Int?

    /// - Throws: `WorkshopError.Code.crashed` for what no child of ours says.
    init(_ json: JSONValue) throws(WorkshopError) {
        guard let facts = SearchFacts(json: json["facts"]), let engine = json["engine"]?.stringValue else {
            throw WorkshopError(.crashed, "the limited child said nothing about the original")
        }
        self.facts = facts
        self.engine = engine
        accuracy = json["accuracy"]?.doubleValue
        judgedBy = json["judgedBy"]?.stringValue ?? ""
        rows = json["rows"]?.intValue ?? 0
        calibration = json["calibration"]?.stringValue ?? ""
        nodes = json["figures"]?["nodes"]?.intValue
        flops = json["figures"]?["flops"]?.intValue
        parameters = json["parameters"]?.intValue
    }
}
