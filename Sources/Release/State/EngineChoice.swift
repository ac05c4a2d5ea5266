/// Which engine runs an endpoint's versions, and how.
package enum EngineChoice: Hashable, Sendable {
    /// What was measured to be best for each version.
    case auto
    case named(NamedEngine)
}

/// An engine chosen by hand. What is `nil` is left to measurement.
package struct NamedEngine: Hashable, Sendable {
    /// As `EngineKind` spells it, such as `openvino`; whether it is installed is the platform's question.
    package var name: String
    package var precision: String?
    package var device: String?
    /// Threads inside one run.
    package var threads: Int?
    /// Runs at a time.
    package var instances: Int?
    /// Numbers in a row that share a scale, where an engine rounds activations by itself.
    package var roundingGroup: Int?

    package init(
        name: String, precision: String? = nil, device: String? = nil, threads: Int? = nil, instances: Int? = nil,
        roundingGroup: Int? = nil
    ) {
        self.name = name
        self.precision = precision
        self.device = device
        self.threads = threads
        self.instances = instances
        self.roundingGroup = roundingGroup
    }
}

extension EngineChoice {
    /// Runs at a time, where that was chosen by hand.
    package var instances: Int? { if case .named(let engine) = self { engine.instances } else { nil } }
}

extension EngineChoice: CustomStringConvertible {
    package var description: String {
        switch self {
        case .auto: "auto"
        case .named(let engine): engine.description
        }
    }
}

extension NamedEngine: CustomStringConvertible {
    package var description: String {
        var words = [name]
        if let precision { words.append("precision=\(precision)") }
        if let roundingGroup { words.append("rounding-group=\(roundingGroup)") }
        if let device { words.append("device=\(device)") }
        if let threads { words.append("threads=\(threads)") }
        if let instances { words.append("instances=\(instances)") }
        return words.joined(separator: " ")
    }
}

extension EngineChoice {
    /// More threads or instances than this is a slip of the pen.
    static let maximumCount = 1_024
    /// As `EngineSetting.largestGroup`.
    static let maximumGroup = 65_536

    func validate() throws(ReleaseError) {
        guard case .named(let engine) = self else { return }
        for (what, word) in [("name", engine.name), ("precision", engine.precision), ("device", engine.device)] {
            if let word, !Self.isWord(word) {
                throw ReleaseError(
                    .invalid, "the engine's \(what) is one word of letters, digits, '-', '_', '.' and ':'")
            }
        }
        guard engine.name != "auto" else {
            throw ReleaseError(.invalid, "'auto' is not an engine", help: "leave the engine's other settings out")
        }
        for (what, count, most) in [
            ("threads", engine.threads, Self.maximumCount), ("instances", engine.instances, Self.maximumCount),
            ("roundingGroup", engine.roundingGroup, Self.maximumGroup),
        ] {
            if let count, !(1...most).contains(count) {
                throw ReleaseError(
                    .invalid, "engine '\(engine.name)': \(what) must be from 1 to \(most), found \(count)")
            }
        }
    }

    private static func isWord(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.:".unicodeScalars.contains($0))
            }
    }
}
