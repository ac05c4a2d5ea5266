import Tensors

/// What is watched of an endpoint's traffic beyond drift, where somebody chose otherwise than usual.
package struct WatchingChoice: Hashable, Sendable {
    /// What happens to a request whose inputs are far outside the reference of its version.
    package enum Outliers: Hashable, Sendable {
        /// Nobody looks.
        case off
        /// They are counted, and answered.
        case count
        /// They are counted, and answered 422 with the feature.
        case refuse
        /// They are counted, and answered by another version.
        case fallback(FallbackVersion)
    }

    /// Whether answers of classifiers are remembered, so that labels can be laid beside them.
    package var takesFeedback: Bool
    package var outliers: Outliers

    package init(takesFeedback: Bool = true, outliers: Outliers = .off) {
        self.takesFeedback = takesFeedback
        self.outliers = outliers
    }

    /// Only what is not usual, as in states from before there was a choice.
    var members: [(String, JSONValue?)] {
        [
            ("feedback", takesFeedback ? nil : .bool(false)),
            ("outliers", outliers == .off ? nil : .string(outliers.description)),
            ("fallbackDigest", outliers.fallback?.digest.map { .string($0) }),
        ]
    }

    init(_ fields: JSONFields) throws(ReleaseError) {
        self.init(takesFeedback: try fields.boolIfPresent("feedback") ?? true)
        let digest = try fields.stringIfPresent("fallbackDigest")
        guard let text = try fields.stringIfPresent("outliers") else { return }
        do throws(ReleaseError) {
            outliers = try Outliers(text)
        } catch {
            throw JSONFields.malformed("outliers", Outliers.grammar)
        }
        if let fallback = outliers.fallback {
            outliers = .fallback(FallbackVersion(version: fallback.version, digest: digest))
        }
    }
}

/// The version that answers requests which are far outside the reference of their own: none of an endpoint's arms.
package struct FallbackVersion: Hashable, Sendable {
    package let version: VersionReference
    /// The version's manifest digest; `nil` where people named the version and nobody has looked it up yet.
    package let digest: String?

    package init(version: VersionReference, digest: String? = nil) {
        self.version = version
        self.digest = digest
    }
}

extension WatchingChoice.Outliers: CustomStringConvertible {
    /// The words that `init(_:)` takes, for messages.
    package static let grammar = "off, count, refuse or fallback:MODEL:VERSION"
    private static let prefix = "fallback:"

    /// Reads `off`, `count`, `refuse`, or `fallback:digits:1`.
    ///
    /// - Throws: `ReleaseError.Code.invalid`.
    package init(_ text: String) throws(ReleaseError) {
        switch text {
        case "off": self = .off
        case "count": self = .count
        case "refuse": self = .refuse
        case _ where text.hasPrefix(Self.prefix):
            self = .fallback(FallbackVersion(version: try VersionReference(String(text.dropFirst(Self.prefix.count)))))
        default:
            throw ReleaseError(
                .invalid, "requests far outside the reference: there is no '\(text.prefix(40))'",
                help: "choose \(Self.grammar)")
        }
    }

    package var description: String {
        switch self {
        case .off: "off"
        case .count: "count"
        case .refuse: "refuse"
        case .fallback(let fallback): Self.prefix + fallback.version.description
        }
    }

    /// The version that answers them; `nil` where none other does.
    package var fallback: FallbackVersion? { if case .fallback(let fallback) = self { fallback } else { nil } }
}
