import Home
import Tensors
import Trust

/// What the doctor found, for somebody who is to help: without secrets, names of models, or the places of people's files.
struct SupportBundle {
    let findings: [DoctorFinding]
    let home: HomeDirectory
    let system: SystemView
    /// The person's own directory, which is shortened to `~`.
    let userHome: String?

    var json: JSONValue {
        let variables = system.variables.sorted { $0.key < $1.key }.map { name, value in
            (name, JSONValue.string(DoctorVariables.shown(name, value)))
        }
        return redacted(
            .object([
                ("about", "made by 'slipway doctor --bundle'; secrets are left out and paths are shortened"),
                ("at", .string(system.now.description)), ("version", .string(Version.text)),
                ("findings", .array(findings.map(\.json))), ("environment", .object(variables)),
                ("cpuinfo", .string(firstProcessor)), ("meminfo", .string(system.text("\(system.proc)/meminfo") ?? "")),
                ("mounts", .string(mounts)),
            ]), level: 0)
    }

    private var firstProcessor: String {
        let text = system.text("\(system.proc)/cpuinfo") ?? ""
        return text.firstRange(of: "\n\n").map { String(text[..<$0.lowerBound]) } ?? text
    }

    /// The line of the file system that the home is on.
    private var mounts: String {
        let lines = (system.text("\(system.proc)/self/mounts") ?? "").split(separator: "\n")
        let fitting = lines.filter { line in
            let columns = line.split(separator: " ")
            guard columns.count > 1 else { return false }
            let point = String(columns[1])
            return point == "/" || home.path == point || home.path.hasPrefix(point + "/")
        }
        return fitting.max { $0.split(separator: " ")[1].count < $1.split(separator: " ")[1].count }.map(String.init)
            ?? ""
    }

    /// A copy in which every text is free of secrets and of the places of people's files.
    private func redacted(_ value: JSONValue, level: Int) -> JSONValue {
        guard level < 16 else { return .null }
        switch value {
        case .string(let text): return .string(shortened(Redaction.redacting(text)))
        case .array(let items): return .array(items.map { redacted($0, level: level + 1) })
        case .object(let members):
            return .object(
                members.map { member in
                    (member.key, redacted(member.value, level: level + 1))
                })
        default: return value
        }
    }

    private func shortened(_ text: String) -> String {
        var text = text
        if home.path.count > 1 { text = text.replacing(home.path, with: "<home>") }
        if let userHome, userHome.count > 1 { text = text.replacing(userHome, with: "~") }
        return text
    }
}
