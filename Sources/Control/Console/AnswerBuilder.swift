import Client
import Tensors

/// Makes a reply of the data plane into what the page shows: the class in large letters, scores as bars.
enum AnswerBuilder {
    private static let mostBars = 12
    private static let mostValues = 64

    static func answer(_ reply: InferenceReply, labels: [String]) -> Views.Answer {
        Views.Answer(
            answered: true, headline: headline(reply, labels), outputs: reply.outputs.map { output($0, labels) },
            servedBy: "answered by version \(reply.modelVersion ?? "?")",
            took: Duration.short(seconds: seconds(reply.latency)), problem: nil)
    }

    /// The decision, where there is one: a string, or an index with a name.
    private static func headline(_ reply: InferenceReply, _ labels: [String]) -> String? {
        for (_, tensor) in reply.outputs where tensor.shape.elementCount == 1 {
            if let text = tensor.strings?.decoded.first { return text }
            if !tensor.elementType.isFloatingPoint, case .integer(let index)? = tensor.jsonElements.first {
                return labels.indices.contains(index) ? labels[index] : String(index)
            }
        }
        return nil
    }

    private static func output(_ output: (name: String, tensor: Tensor), _ labels: [String]) -> Views.Output {
        let tensor = output.tensor
        let bars = bars(tensor, labels)
        return Views.Output(
            name: output.name, type: tensor.elementType.displayName, shape: "\(tensor.shape)", text: text(tensor),
            bars: bars, hasBars: !bars.isEmpty)
    }

    /// Scores between 0 and 1 of one row, as bars.
    private static func bars(_ tensor: Tensor, _ labels: [String]) -> [Views.Bar] {
        guard tensor.elementType.isFloatingPoint, let values = try? tensor.doubles(), values.count > 1,
            values.count <= mostBars, values.allSatisfy({ $0 >= 0 && $0 <= 1 })
        else { return [] }
        return values.enumerated().map { index, value in
            Views.Bar(
                label: index < labels.count ? labels[index] : String(index), value: ViewBuilder.percent(value),
                width: String((value * 1000).rounded() / 10))
        }
    }

    private static func text(_ tensor: Tensor) -> String {
        let values: [String]
        if let strings = tensor.strings {
            values = strings.decoded
        } else {
            values = tensor.jsonElements.map { element in
                switch element {
                case .integer(let whole): String(whole)
                case .number(let fraction): String((fraction * 1e4).rounded() / 1e4)
                default: element.encodedString()
                }
            }
        }
        return values.prefix(mostValues).joined(separator: " ") + (values.count > mostValues ? " …" : "")
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
