import Engines
import Optimize
import Tensors

/// What an optimisation is to do and to leave out. Travels to the limited child as JSON.
package struct OptimizationSettings: Hashable, Sendable {
    /// Passes that are left out, by name.
    package var without: Set<String>
    /// Whether both models are run side by side at the end.
    package var measuresSpeed: Bool
    /// Sizes that inputs leave open and that are fixed first, as in `batch=1,sequence=128`.
    package var sizes: String?
    /// The operator set that the model is written in first.
    package var opset: Int?
    /// Rows with known answers whose inputs are compared, too: a file, and the array that holds the answers.
    var evaluation: Evaluation?

    struct Evaluation: Hashable, Sendable {
        var path: String
        var answers: String?
        /// Class names by index.
        var labels: [String] = []
    }

    /// The version's processing, by which rows that clients send become what the graph takes: for calibration by pictures or
    /// recorded requests.
    var processing: JSONValue?

    /// What changes answers on purpose; `nil`: passes alone, which do not.
    package var compression: Compression?

    /// Everything, but for the passes of these names.
    package init(without: [String] = [], measuresSpeed: Bool = true) {
        self.without = Set(without)
        self.measuresSpeed = measuresSpeed
    }

    /// What is wrong with sizes or an operator set, before anything is read.
    package var fault: String? {
        do {
            _ = try preparation
            return nil
        } catch {
            return error.reason
        }
    }

    /// - Throws: `RuleFault` for sizes that cannot be read, or a set that is not known.
    var preparation: Preparation {
        get throws(RuleFault) {
            var preparation = Preparation()
            if let sizes { preparation.sizes = try ShapeFixing(sizes) }
            if let opset { preparation.opset = try OpsetConversion(Int64(opset)) }
            return preparation
        }
    }

    /// The names of the passes there are, in the order in which they run.
    package static var passes: [String] { PassCatalog.names }

    var json: JSONValue {
        .object([
            ("without", .array(without.sorted().map(JSONValue.string))), ("speed", .bool(measuresSpeed)),
            ("sizes", sizes.map(JSONValue.string) ?? .null), ("opset", opset.map(JSONValue.integer) ?? .null),
            ("evaluation", evaluation.map { JSONValue.string($0.path) } ?? .null),
            ("answers", evaluation?.answers.map(JSONValue.string) ?? .null),
            ("labels", .array((evaluation?.labels ?? []).map(JSONValue.string))),
            ("processing", processing ?? .null),
            ("compression", compression?.json ?? .null),
        ])
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(_ text: String) {
        guard let json = try? JSONValue.parse(Array(text.utf8)), let names = json["without"]?.arrayValue,
            let speed = json["speed"]?.boolValue
        else { return nil }
        self.init(without: names.compactMap(\.stringValue), measuresSpeed: speed)
        sizes = json["sizes"]?.stringValue
        opset = json["opset"]?.intValue
        if let path = json["evaluation"]?.stringValue {
            evaluation = Evaluation(
                path: path, answers: json["answers"]?.stringValue,
                labels: json["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        }
        if let processing = json["processing"], processing != .null { self.processing = processing }
        compression = Compression(json: json["compression"])
    }
}
