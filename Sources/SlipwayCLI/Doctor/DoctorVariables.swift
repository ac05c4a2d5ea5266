import Glibc
import Tensors
import Trust

/// The environment's variables that Slipway heeds.
struct DoctorVariables {
    let system: SystemView

    /// By name, with what they do.
    static let known: [(name: String, text: String)] = [
        ("SLIPWAY_HOME", "The directory that holds all state, unless --home names one."),
        ("SLIPWAY_ENGINES", "The directory in which engines are looked for first."),
        ("SLIPWAY_PYTHON", "The Python that environments for imports are made for; else python3."),
        ("SLIPWAY_PYTHON_INDEX", "Where wheels for them come from, an address or a folder; else where pip looks."),
        ("SLIPWAY_TLS_CERTIFICATE", "The certificate that 'serve' and 'run' show, unless --tls-certificate names one."),
        ("SLIPWAY_TLS_KEY", "Its private key, unless --tls-key names one."),
        ("SLIPWAY_TLS_CLIENT_CA", "The authorities that clients' certificates have to be from."),
        ("SLIPWAY_BINARY", "The program that the launcher script starts instead of building one."),
        ("XDG_DATA_HOME", "Where the home lies when nothing names it; else ~/.local/share."),
        ("TMPDIR", "Where 'run' makes the home that is gone afterwards; else /tmp."),
        ("NO_COLOR", "Set to anything: no colours."),
        ("CLICOLOR_FORCE", "Set to anything but 0: colours everywhere."),
    ]

    /// Those of others that Slipway heeds.
    static let others: Set<String> = ["XDG_DATA_HOME", "TMPDIR", "NO_COLOR", "CLICOLOR_FORCE", "TERM"]

    /// Those of the scripts, the tests and the benchmarks.
    private static let ofScripts: Set<String> = [
        "SLIPWAY_TEST_BINARY", "SLIPWAY_TEST_PYTHON", "SLIPWAY_TEST_TORCH_PYTHON", "SLIPWAY_BENCH_TOOLS",
        "SLIPWAY_NO_BROWSER", "SLIPWAY_TOKEN",
    ]

    func findings() -> [DoctorFinding] {
        let own = system.variables.filter { $0.key.hasPrefix("SLIPWAY_") }.sorted { $0.key < $1.key }
        guard !own.isEmpty else { return [.ok("environment", "no SLIPWAY_ variable is set")] }
        return own.map { name, value in finding(name, value) }
    }

    /// A value as it may be shown.
    static func shown(_ name: String, _ value: String) -> String {
        Redaction.isSecret(name: name) ? Redaction.mark : Redaction.redacting(value)
    }

    private func finding(_ name: String, _ value: String) -> DoctorFinding {
        let text = "\(name)=\(ShortText.line(Self.shown(name, value), limit: 200))"
        let details = JSONValue.object([("name", .string(name)), ("value", .string(Self.shown(name, value)))])
        let names = Self.known.map(\.name)
        guard names.contains(name) || Self.ofScripts.contains(name) else {
            let near = names.min { Suggestions.distance($0, name) < Suggestions.distance($1, name) } ?? ""
            let isNear = Suggestions.distance(near, name) <= 3
            return .warn(
                "environment", "\(text): Slipway does not know this variable",
                fix: isNear ? "did you mean \(near)?" : "unset it, or see 'slipway man' for those there are",
                details: details)
        }
        if name == "SLIPWAY_ENGINES" || name == "SLIPWAY_BINARY", !value.isEmpty, access(value, F_OK) != 0 {
            return .fail(
                "environment", "\(text): there is nothing at this path", fix: "correct the path, or unset \(name)",
                details: details)
        }
        return .ok("environment", text, details: details)
    }
}
