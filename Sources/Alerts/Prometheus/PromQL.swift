import Monitor

/// Pieces of expressions for Prometheus.
///
/// https://prometheus.io/docs/prometheus/latest/querying/basics/
enum PromQL {
    /// A string literal in double quotes.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// The share of `part` in `whole`, by endpoint: 0 where there is none, nothing where nothing happens.
    static func ratio(of part: String, to whole: String, over window: String) -> String {
        """
        (
          sum by (job, endpoint) (rate(\(part)[\(window)]))
          or
          sum by (job, endpoint) (rate(\(whole)[\(window)])) * 0
        )
        /
        (sum by (job, endpoint) (rate(\(whole)[\(window)])) > 0)
        """
    }

    /// A matcher for the histogram edge at `seconds`: Prometheus 3 writes whole numbers with a fraction, 2 does not.
    static func edge(_ seconds: Double) -> String {
        let text = ExpositionNumber.text(seconds)
        let isWhole = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let pattern = text.replacing(".", with: #"\."#).replacing("+", with: #"\+"#)
        return quoted(isWhole ? pattern + #"(\.0)?"# : pattern)
    }

    /// At most six decimals, none needless.
    static func number(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return ExpositionNumber.text(rounded)
    }

    /// A time for people.
    static func seconds(_ value: Double) -> String {
        value < 1 ? number(value * 1000) + " ms" : number(value) + " s"
    }

    /// A share for people.
    static func percent(_ share: Double) -> String { number(share * 100) + " %" }
}
