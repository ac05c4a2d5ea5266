import Keras
import Pickle
import TensorFlow
package import Tensors

/// What a pickle, a Keras file or a SavedModel would import and call, as the limited child tells it.
package struct ScanReport: Sendable {
    /// One name.
    package struct Finding: Sendable {
        /// `harmless`, `unknown` or `dangerous`.
        package var verdict: String
        /// Such as `os.system`.
        package var name: String
        /// Whether it would be called as well.
        package var isCalled: Bool
        /// Where it stands first, in bytes from the beginning of the unpacked pickle's file; 0 in a configuration.
        package var position: Int
        /// How often it is used.
        package var count: Int
        /// The path inside an archive, the layer, or nothing.
        package var place: String
        /// Why it is dangerous.
        package var reason: String?
    }

    /// What the file is, in words.
    package var format: String
    /// The worst that was found: `harmless`, `unknown` or `dangerous`.
    package var outcome: String
    /// How many pickles are in it.
    package var pickles: Int
    /// How many layers a Keras file has, or nodes a SavedModel; `nil` for other files.
    package var layers: Int?
    /// Dangerous ones first, then unknown ones.
    package var findings: [Finding]
    /// What is wrong with pickles that break.
    package var faults: [String]
    /// Bytes after the last pickle.
    package var trailingBytes: Int

    init(_ scan: PickleScan) {
        format = scan.format
        outcome = scan.outcome.rawValue
        pickles = scan.streamCount
        faults = scan.faults
        trailingBytes = scan.trailingCount
        findings = scan.findings.map {
            Finding(
                verdict: $0.verdict.word, name: $0.use.fullName, isCalled: $0.use.isCalled, position: $0.use.position,
                count: $0.use.count, place: $0.place, reason: $0.verdict.reason)
        }
    }

    /// What a Keras file's configuration names.
    init(_ scan: KerasScan, format: String) {
        self.format = format
        outcome = scan.outcome.rawValue
        pickles = 0
        layers = scan.layerCount
        faults = []
        trailingBytes = 0
        findings = scan.findings.map {
            Finding(
                verdict: $0.verdict.rawValue, name: $0.name, isCalled: true, position: 0, count: $0.count,
                place: $0.place, reason: $0.reason)
        }
    }

    /// What TensorFlow would do when it runs a SavedModel.
    init(_ scan: SavedModelScan) {
        format = "SavedModel"
        outcome = scan.outcome.rawValue
        pickles = 0
        layers = scan.findings.reduce(0) { $0 + $1.count }
        faults = []
        trailingBytes = 0
        findings = scan.findings.map {
            Finding(
                verdict: $0.verdict.rawValue, name: $0.name, isCalled: true, position: 0, count: $0.count,
                place: $0.place, reason: $0.reason)
        }
    }

    /// As machines read it.
    package var json: JSONValue {
        .object([
            ("format", .string(format)), ("outcome", .string(outcome)), ("pickles", .integer(pickles)),
            ("findings", .array(findings.map(\.json))), ("faults", .array(faults.map(JSONValue.string))),
            ("trailingBytes", .integer(trailingBytes)), ("layers", layers.map(JSONValue.integer) ?? .null),
        ])
    }

    /// Reads a child's report, which is checked like any input.
    init(json: JSONValue) throws(WorkshopError) {
        guard let format = json["format"]?.stringValue, let outcome = json["outcome"]?.stringValue,
            let pickles = json["pickles"]?.intValue, let findings = json["findings"]?.arrayValue,
            let faults = json["faults"]?.arrayValue
        else { throw WorkshopError(.crashed, "the limited child's report is incomplete") }
        self.format = format
        self.outcome = outcome
        self.pickles = pickles
        self.faults = faults.compactMap(\.stringValue)
        trailingBytes = json["trailingBytes"]?.intValue ?? 0
        layers = json["layers"]?.intValue
        self.findings = findings.map { finding in
            Finding(
                verdict: finding["verdict"]?.stringValue ?? "unknown", name: finding["name"]?.stringValue ?? "?",
                isCalled: finding["called"]?.boolValue ?? true, position: finding["position"]?.intValue ?? 0,
                count: finding["count"]?.intValue ?? 1, place: finding["place"]?.stringValue ?? "",
                reason: finding["reason"]?.stringValue)
        }
    }
}

extension ScanReport.Finding {
    fileprivate var json: JSONValue {
        .object([
            ("verdict", .string(verdict)), ("name", .string(name)), ("called", .bool(isCalled)),
            ("position", .integer(position)), ("count", .integer(count)), ("place", .string(place)),
            ("reason", reason.map(JSONValue.string) ?? .null),
        ])
    }
}

extension ChildRunner {
    /// Looks through a file, in the limited child, for every name that reading it in Python would import.
    ///
    /// - Throws: `WorkshopError` when it is no pickle and holds none, or cannot be read.
    package func scan(path named: String) async throws(WorkshopError) -> ScanReport {
        let path = SavedModelFolder.graph(of: named) ?? named
        do {
            return try ScanReport(json: try await run(.scan(path: path)).report)
        } catch {
            throw error.about(path)
        }
    }
}
