import Tensors

/// What one look of the doctor's found.
struct DoctorFinding: Sendable {
    /// How it is.
    enum State: String, Sendable, Comparable {
        case ok, warn, fail

        private var rank: Int { self == .ok ? 0 : self == .warn ? 1 : 2 }

        static func < (left: State, right: State) -> Bool { left.rank < right.rank }

        /// The word in its colour and in four columns.
        var painted: String {
            switch self {
            case .ok: Paint.green("ok  ", on: 1)
            case .warn: Paint.yellow("warn", on: 1)
            case .fail: Paint.red("fail", on: 1)
            }
        }
    }

    /// What was looked at, in one word or two: `disk`, `engine openvino`.
    let subject: String
    let state: State
    /// What was found.
    let text: String
    /// What to do about it; every warning and failure has one.
    var fix: String?
    /// The figures behind it.
    var details: JSONValue = .null

    static func ok(_ subject: String, _ text: String, details: JSONValue = .null) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .ok, text: text, details: details)
    }

    static func warn(_ subject: String, _ text: String, fix: String, details: JSONValue = .null) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .warn, text: text, fix: fix, details: details)
    }

    static func fail(_ subject: String, _ text: String, fix: String, details: JSONValue = .null) -> DoctorFinding {
        DoctorFinding(subject: subject, state: .fail, text: text, fix: fix, details: details)
    }

    var json: JSONValue {
        .object([
            ("subject", .string(subject)), ("state", .string(state.rawValue)), ("text", .string(text)),
            ("fix", fix.map(JSONValue.string) ?? .null), ("details", details),
        ])
    }

    /// A line, and one more for the fix.
    static func text(_ findings: [DoctorFinding], width: Int) -> String {
        let column = findings.map(\.subject.count).max() ?? 0
        let indent = String(repeating: " ", count: 4 + 2 + column + 2)
        return findings.map { finding in
            let subject = finding.subject + String(repeating: " ", count: column - finding.subject.count)
            let body = TextFlow.wrapped(
                finding.text, width: max(width, indent.count + 30), first: "", rest: indent,
                offset: indent.count)
            let fix = finding.fix.map {
                "\n"
                    + TextFlow.wrapped(
                        "fix: \($0)", width: max(width, indent.count + 30), first: indent, rest: indent + "     ")
            }
            return "\(finding.state.painted)  \(subject)  \(body)\(fix ?? "")"
        }.joined(separator: "\n")
    }
}
