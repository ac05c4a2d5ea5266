import ModelGraph
import Tensors

/// Sizes to assume where a model leaves them open.
package struct OpenSizes: Hashable, Sendable {
    /// Rows: of the first dimension of every input.
    package var batch: Int?
    /// Of dimensions by their names, such as `time`.
    package var named: [String: Int]

    package init(batch: Int? = nil, named: [String: Int] = [:]) {
        self.batch = batch
        self.named = named
    }

    package var isEmpty: Bool { batch == nil && named.isEmpty }

    var options: InferenceOptions {
        var options = InferenceOptions(batch: batch)
        options.symbols = named
        return options
    }

    var json: JSONValue {
        .object([
            ("batch", batch.map(JSONValue.integer) ?? .null),
            ("sizes", .object(named.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        ])
    }

    /// Reads what `json` wrote.
    init?(_ text: String) {
        guard let json = try? JSONValue.parse(Array(text.utf8)), let sizes = json["sizes"]?.objectValue else {
            return nil
        }
        var named: [String: Int] = [:]
        for member in sizes {
            guard let size = member.value.intValue else { return nil }
            named[member.key] = size
        }
        self.init(batch: json["batch"]?.intValue, named: named)
    }
}
