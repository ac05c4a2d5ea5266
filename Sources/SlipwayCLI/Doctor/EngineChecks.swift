import Engines
import Tensors
import Workshop

/// Engines: found, opened, and run on a model of our own in a limited child.
struct EngineChecks {
    let catalog: EngineCatalog
    let check: EngineCheck

    init(catalog: EngineCatalog, directory: String) {
        self.catalog = catalog
        check = EngineCheck(engineDirectories: [directory])
    }

    func findings() async -> [DoctorFinding] {
        var findings = [await walls()]
        let engines = catalog.survey()
        for found in engines { findings.append(await finding(found)) }
        if engines.allSatisfy({ $0.problem != nil }) {
            findings.append(
                .fail("engines", "no engine can be used, so no model can be served", fix: "run scripts/fetch-engines"))
        }
        return findings
    }

    private func walls() async -> DoctorFinding {
        guard let problem = await check.reading() else {
            return .ok("limited child", "reads a model behind limits and a system call filter")
        }
        return .fail(
            "limited child", problem.description,
            fix: problem.help
                ?? "allow seccomp filters and resource limits in this container; files are not read without")
    }

    private func finding(_ found: EngineFinding) async -> DoctorFinding {
        let subject = "engine \(found.kind.rawValue)"
        if let problem = found.problem {
            let isMissing = problem.code == .notInstalled
            let fix =
                isMissing
                ? "run scripts/fetch-engines --engine \(found.kind.rawValue), or set SLIPWAY_ENGINES"
                : "remove that library and run scripts/fetch-engines --engine \(found.kind.rawValue)"
            return isMissing
                ? .warn(subject, problem.message, fix: fix) : .fail(subject, problem.message, fix: fix)
        }
        let trial = await check.trial(found.kind)
        let version = found.version ?? "?"
        let devices = found.devices.map(\.description).joined(separator: ", ")
        let details = JSONValue.object([
            ("version", .string(version)), ("path", found.path.map(JSONValue.string) ?? .null),
            ("devices", .array(found.devices.map { .string($0.description) })),
            ("loadMilliseconds", trial.loadMilliseconds.map(JSONValue.number) ?? .null),
            ("runMilliseconds", trial.firstRunMilliseconds.map(JSONValue.number) ?? .null),
        ])
        if let problem = trial.problem {
            return .fail(
                subject, "\(version) opens, but does not run a small model: \(problem)",
                fix: "run scripts/fetch-engines --engine \(found.kind.rawValue) to bring it anew", details: details)
        }
        let times = [
            trial.loadMilliseconds.map { "loads a small model in \(Quantity.seconds($0 / 1000))" },
            trial.firstRunMilliseconds.map { "runs it in \(Quantity.seconds($0 / 1000))" },
        ].compactMap(\.self)
        return .ok(subject, "\(version) on \(devices); \(times.joined(separator: ", "))", details: details)
    }
}
