package import Trust

/// How people name a version: `digits`, `digits:3`, `digits@prod`, `digits@sha256:…`.
package struct Reference: Hashable, Sendable {
    /// Which version of the model is meant.
    package enum Selector: Hashable, Sendable {
        /// The only version, else what `@prod` names.
        case unspecified
        case number(VersionNumber)
        case alias(AliasName)
        /// The version whose manifest has this digest.
        case digest(Digest)
    }

    package let model: ModelName
    package let selector: Selector

    package init(model: ModelName, selector: Selector = .unspecified) {
        self.model = model
        self.selector = selector
    }

    /// Reads one of the four forms.
    ///
    /// - Throws: `RegistryError.Code.invalid`; the help has the form that was probably meant.
    package init(_ text: String) throws(RegistryError) {
        guard let mark = text.firstIndex(where: { $0 == ":" || $0 == "@" }) else {
            self.init(model: try ModelName(text))
            return
        }
        let (head, tail) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
        if head.isEmpty || head == "sha256" {
            throw RegistryError(
                .invalid, "'\(text.prefix(80))' names no model",
                help: "write the model first: NAME, NAME:3, NAME@prod or NAME@\(Digest.prefix)…")
        }
        let model = try ModelName(head)
        self.init(model: model, selector: try text[mark] == ":" ? Self.number(tail, model) : Self.named(tail, model))
    }

    private static func number(_ text: String, _ model: ModelName) throws(RegistryError) -> Selector {
        do {
            return .number(try VersionNumber(text))
        } catch {
            throw RegistryError(
                .invalid, "'\(model):\(text.prefix(80))' names no version: after ':' comes a version number",
                help: meant(byNumber: text, model))
        }
    }

    private static func meant(byNumber text: String, _ model: ModelName) -> String {
        if text == "latest" {
            return "nothing is called 'latest' by itself: write '\(model)', '\(model):3' or an alias"
        }
        if text.lowercased().hasPrefix("v"), let number = try? VersionNumber(text.dropFirst()) {
            return "did you mean '\(model):\(number)'?"
        }
        if text.hasPrefix(Digest.prefix) { return "did you mean '\(model)@\(text.prefix(80))'?" }
        if let alias = try? AliasName(text) { return "did you mean the alias '\(model)@\(alias)'?" }
        return "write a number, such as '\(model):3'"
    }

    private static func named(_ text: String, _ model: ModelName) throws(RegistryError) -> Selector {
        if text.hasPrefix(Digest.prefix) {
            do {
                return .digest(try Digest(text))
            } catch {
                throw RegistryError(
                    .invalid, error.message, help: "see the digests with 'slipway list \(model) -o wide'")
            }
        }
        if let number = try? VersionNumber(text) {
            throw RegistryError(
                .invalid, "'\(model)@\(text)' names no version: after '@' comes an alias or a digest",
                help: "did you mean '\(model):\(number)'?")
        }
        return .alias(try AliasName(text))
    }
}

extension Reference: CustomStringConvertible {
    package var description: String {
        switch selector {
        case .unspecified: "\(model)"
        case .number(let number): "\(model):\(number)"
        case .alias(let alias): "\(model)@\(alias)"
        case .digest(let digest): "\(model)@\(digest)"
        }
    }
}
