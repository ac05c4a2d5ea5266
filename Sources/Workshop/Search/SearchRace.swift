import Engines
import Tensors

/// Models that are to be run side by side. Travels to the limited child as JSON.
package struct SearchRace: Hashable, Sendable {
    package struct Runner: Hashable, Sendable {
        let name: String
        let engine: EngineKind
        /// What the engine is told.
        let setting: EngineSetting
        /// `nil`: the original.
        let path: String?
    }

    /// The original's file.
    let path: String
    let runners: [Runner]
    let settings: OptimizationSettings
    /// How long it may take, about.
    let seconds: Double

    var json: JSONValue {
        let runners = runners.map { runner in
            JSONValue.object([
                ("name", .string(runner.name)), ("engine", .string(runner.engine.rawValue)),
                ("precision", .string(runner.setting.precision.word)),
                ("roundingGroup", runner.setting.roundingGroup.map(JSONValue.integer) ?? .null),
                ("path", runner.path.map(JSONValue.string) ?? .null),
            ])
        }
        return .object([
            ("path", .string(path)), ("runners", .array(runners)), ("settings", settings.json),
            ("seconds", .number(seconds)),
        ])
    }

    init(path: String, runners: [Runner], settings: OptimizationSettings, seconds: Double) {
        self.path = path
        self.runners = runners
        self.settings = settings
        self.seconds = seconds
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(_ text: String) {
        guard let json = try? JSONValue.parse(Array(text.utf8)), let path = json["path"]?.stringValue,
            let list = json["runners"]?.arrayValue, !list.isEmpty, let seconds = json["seconds"]?.doubleValue,
            let settings = json["settings"].flatMap({ OptimizationSettings($0.encodedString()) })
        else { return nil }
        let runners = list.compactMap { runner -> Runner? in
            guard let name = runner["name"]?.stringValue,
                let engine = runner["engine"]?.stringValue.flatMap(EngineKind.init(rawValue:)),
                let precision = runner["precision"]?.stringValue.flatMap(SessionOptions.Precision.init(word:))
            else { return nil }
            let setting = EngineSetting(precision: precision, roundingGroup: runner["roundingGroup"]?.intValue)
            return Runner(name: name, engine: engine, setting: setting, path: runner["path"]?.stringValue)
        }
        guard runners.count == list.count else { return nil }
        self.init(path: path, runners: runners, settings: settings, seconds: seconds)
    }
}
