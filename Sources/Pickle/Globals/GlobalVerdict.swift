/// What is known of a name that a pickle imports.
package enum GlobalVerdict: Hashable, Sendable {
    /// A class or function of which it is known that making or calling it does nothing but make a value.
    case harmless
    /// Nothing is known of it. Importing a module runs it, and its code is whatever is installed under that name.
    case unknown
    /// It runs code or commands, reads or writes files, talks to a network, or reaches for something that does.
    case dangerous(String)

    /// For machines: `harmless`, `unknown` or `dangerous`.
    package var word: String {
        switch self {
        case .harmless: "harmless"
        case .unknown: "unknown"
        case .dangerous: "dangerous"
        }
    }

    /// Why it is dangerous.
    package var reason: String? { if case .dangerous(let reason) = self { reason } else { nil } }
}

extension GlobalUse {
    /// What is known of this name. Only exact names are harmless: a pattern would admit what nobody looked at.
    package var verdict: GlobalVerdict {
        if module == GlobalLedger.computed || name == GlobalLedger.computed {
            return .dangerous("the name is made while the pickle is read, so that nobody sees it before")
        }
        if HarmlessGlobals.contains(module: module, name: name) { return .harmless }
        if let reason = DangerousGlobals.reason(module: module, name: name) { return .dangerous(reason) }
        return .unknown
    }
}
