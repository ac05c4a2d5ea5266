package import Engines
import Glibc
package import Tensors

/// How far a model's answers are from those that the framework it comes from gave to the same inputs.
package struct ReferenceReport: Hashable, Sendable {
    /// One value that was compared.
    package struct Row: Hashable, Sendable {
        /// As the reference calls it.
        package var name: String
        /// As the graph calls it.
        package var value: String
        /// What makes it; `nil` for an input.
        package var operatorType: String?
        /// Type and shape in the reference, and in the graph.
        package var expected: String
        package var found: String?
        /// The largest |found − expected|; infinite where they cannot be compared.
        package var difference: Double
        /// The same, as a share of the largest magnitude that is expected.
        package var relative: Double
        /// Whole numbers, truth values and texts that differ.
        package var unequal: Int
    }

    /// Where the reference is from, in words: `PyTorch 2.13.0`, `io.npz`.
    package var origin: String
    package var engine: EngineKind
    package var outputs: [Row]
    /// Values in between that were compared.
    package var layerCount: Int
    /// The first value in between, in the graph's order, that is further away than `tolerance`.
    package var firstLayer: Row?
    /// How far an output may be, as a share of its largest magnitude.
    package var tolerance: Double

    /// What an output may differ by: computing in another order in single precision stays far below.
    package static let tolerance = 1e-3

    /// Reads the child's report, which is checked like any input.
    init(json: JSONValue, origin: String, tolerance: Double) throws(WorkshopError) {
        guard let engine = json["engine"]?.stringValue.flatMap(EngineKind.init(rawValue:)),
            let rows = json["outputs"]?.arrayValue, !rows.isEmpty
        else { throw WorkshopError(.crashed, "the limited child's report is incomplete") }
        self.origin = origin
        self.engine = engine
        self.tolerance = tolerance
        outputs = rows.map(Row.init)
        layerCount = json["layers"]?.intValue ?? 0
        firstLayer = json["first"].flatMap { $0.isNull ? nil : Row(json: $0) }
    }

    /// Whether every output is as near as it has to be.
    package var agrees: Bool { outputs.allSatisfy { $0.relative <= tolerance } }

    /// The output that is furthest away.
    package var worst: Row? { outputs.max { $0.relative < $1.relative } }

    /// For people: the error in one line.
    package var line: String {
        let worst = worst
        let apart = worst.map { "\(Self.text($0.difference)), \(Self.text($0.relative)) of the largest value" } ?? "?"
        return "answers as \(origin) does: the largest difference is \(apart)"
    }

    /// The refusal of a model that does not answer as it should.
    var mismatch: WorkshopError {
        var causes = outputs.filter { $0.relative > tolerance }.prefix(8).map { $0.complaint("output") }
        if let firstLayer {
            causes.append(
                firstLayer.complaint("the first layer that differs is") + " (of \(layerCount) that were compared)")
        } else if layerCount > 0 {
            causes.append("none of the \(layerCount) values in between that were compared differs")
        }
        // The values in between are the framework's own graph's: where they agree, its answers are not that graph's.
        let isGraph = firstLayer == nil && layerCount > 0
        return WorkshopError(
            .mismatch, "the model does not answer as \(origin) does", causes: causes,
            help: layerCount == 0
                ? "put values in between into the reference, by their names in the graph, to find the layer"
                : isGraph
                    ? "does the original answer differently each time (counting its calls, drawing random numbers)?"
                    : "nothing was imported; please report the layer")
    }

    /// As machines read it, and as it is kept with the version.
    package var json: JSONValue {
        .object([
            ("origin", .string(origin)), ("engine", .string(engine.rawValue)), ("agrees", .bool(agrees)),
            ("tolerance", .number(tolerance)), ("outputs", .array(outputs.map(\.json))),
            ("layersCompared", .integer(layerCount)), ("firstLayer", firstLayer?.json ?? .null),
        ])
    }

    /// Two digits, for people.
    fileprivate static func text(_ value: Double) -> String {
        guard value.isFinite else { return "without bound" }
        guard value > 0 else { return "0" }
        let exponent = Int(log10(value).rounded(.down))
        let digits = value / Self.power(exponent)
        let rounded = (digits * 10).rounded() / 10
        return exponent == 0 || exponent == -1 ? "\((value * 100).rounded() / 100)" : "\(rounded)e\(exponent)"
    }

    private static func power(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<exponent.magnitude { result *= 10 }
        return exponent < 0 ? 1 / result : result
    }
}

extension ReferenceReport.Row {
    fileprivate init(json: JSONValue) {
        name = String((json["name"]?.stringValue ?? "?").prefix(200))
        value = String((json["value"]?.stringValue ?? "?").prefix(200))
        operatorType = json["operator"]?.stringValue
        expected = json["expected"]?.stringValue ?? "?"
        found = json["found"]?.stringValue
        difference = json["difference"]?.doubleValue ?? .infinity
        relative = json["relative"]?.doubleValue ?? .infinity
        unequal = json["unequal"]?.intValue ?? 0
    }

    fileprivate func complaint(_ what: String) -> String {
        let node = operatorType.map { ", made by \($0)" + (value == name ? "" : " as '\(value)'") } ?? ""
        let place = "\(what) '\(name)'\(node)"
        guard let found else { return "\(place): the graph does not give it" }
        if found != expected, difference.isInfinite {
            return "\(place): expected \(expected), found \(found)"
        }
        if unequal > 0 { return "\(place): \(unequal) values are not equal" }
        return
            "\(place): differs by \(ReferenceReport.text(difference)), \(ReferenceReport.text(relative)) of the largest value"
    }

    fileprivate var json: JSONValue {
        .object([
            ("name", .string(name)), ("value", .string(value)),
            ("operator", operatorType.map(JSONValue.string) ?? .null), ("expected", .string(expected)),
            ("found", found.map(JSONValue.string) ?? .null),
            ("difference", difference.isFinite ? .number(difference) : .null),
            ("relative", relative.isFinite ? .number(relative) : .null), ("unequal", .integer(unequal)),
        ])
    }
}
