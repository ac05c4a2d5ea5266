import CEngines
import Glibc
import Synchronization

/// Finds the engines' libraries and opens each at most once, when first asked for.
///
/// Looks in this order: the path given for the engine (and then nowhere else), the directory in `SLIPWAY_ENGINES`, the
/// directory given, the dynamic linker's own path. In a directory, `<name>-<version>/` with the highest version is
/// taken, else the library lying there directly.
package final class EngineCatalog: Sendable {
    private let libraries: [EngineKind: String]
    private let directories: [String]
    private let translator: (any GraphTranslator)?
    private let opened = Mutex<[EngineKind: OpenedEngine]>([:])

    private struct OpenedEngine {
        var engine: any Engine
        var path: String
    }

    /// - Parameters:
    ///   - libraries: a library file to use for an engine, instead of looking for one.
    ///   - directory: where engines live, normally the `engines` folder of the home.
    ///   - translator: makes of ONNX graphs what LiteRT reads; without one it runs TFLite files only.
    package init(
        libraries: [EngineKind: String] = [:], directory: String? = EngineCatalog.standardDirectory,
        translator: (any GraphTranslator)? = nil
    ) {
        self.libraries = libraries
        self.translator = translator
        directories = [Self.environment("SLIPWAY_ENGINES"), directory].compactMap(\.self)
    }

    /// The `engines` folder of the home that the environment names, by the rules of `scripts/fetch-engines`.
    package static var standardDirectory: String? {
        if let home = environment("SLIPWAY_HOME") { return home + "/engines" }
        if let data = environment("XDG_DATA_HOME") { return data + "/slipway/engines" }
        return environment("HOME").map { $0 + "/.local/share/slipway/engines" }
    }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// The engine, opened if need be; 20 to 80 ms the first time. A failure is not remembered.
    ///
    /// - Throws: `EngineError.Code.notInstalled` with the places looked at and the remedy; `.incompatible` when what was
    ///   found cannot be used.
    package func engine(_ kind: EngineKind) throws(EngineError) -> any Engine {
        try open(kind).engine
    }

    private func open(_ kind: EngineKind) throws(EngineError) -> OpenedEngine {
        try opened.withLock { opened throws(EngineError) in
            if let known = opened[kind] { return known }
            let found = try find(kind)
            opened[kind] = found
            return found
        }
    }

    private func find(_ kind: EngineKind) throws(EngineError) -> OpenedEngine {
        if let path = libraries[kind] { return try open(kind, path) }
        var firstFailure: EngineError?
        for path in directories.compactMap({ EngineFiles.library(of: kind, in: $0) }) {
            do throws(EngineError) {
                return try open(kind, path)
            } catch {
                // The file is there: what it lacks is not its installation.
                let code = error.code == .notInstalled ? EngineError.Code.incompatible : error.code
                firstFailure = firstFailure ?? EngineError(code, kind, error.message, nativeCode: error.nativeCode)
            }
        }
        for name in EngineFiles.systemNames(of: kind) {
            do throws(EngineError) {
                return try open(kind, name)
            } catch  where error.code == .notInstalled {
                continue
            } catch {
                firstFailure = firstFailure ?? error
            }
        }
        throw firstFailure ?? Self.notInstalled(kind, lookedIn: directories)
    }

    private func open(_ kind: EngineKind, _ path: String) throws(EngineError) -> OpenedEngine {
        slipway_survive_divisions()
        return switch kind {
        case .onnxRuntime: OpenedEngine(engine: try ONNXRuntimeEngine(path: path), path: path)
        case .openVINO: OpenedEngine(engine: try OpenVINOEngine(path: path), path: path)
        case .liteRT: OpenedEngine(engine: try LiteRTEngine(path: path, translator: translator), path: path)
        }
    }

    static func notInstalled(_ kind: EngineKind, lookedIn directories: [String]) -> EngineError {
        let places = (directories + ["the system's library path"]).joined(separator: ", ")
        return EngineError(
            .notInstalled, kind,
            "no library found in \(places); run 'scripts/fetch-engines --engine \(kind.rawValue)', or set "
                + "SLIPWAY_ENGINES to the directory it is in")
    }
}

/// What the catalog knows of one engine.
package struct EngineFinding: Sendable {
    package var kind: EngineKind
    /// The library file, or the name by which the dynamic linker found it.
    package var path: String?
    package var version: String?
    package var devices: [Device]
    /// Why the engine cannot be used, and what to do about it.
    package var problem: EngineError?
}

extension EngineCatalog {
    /// Opens every engine and says what was found, for `doctor` and start-up messages.
    package func survey() -> [EngineFinding] {
        EngineKind.allCases.map { kind in
            do throws(EngineError) {
                let found = try open(kind)
                return EngineFinding(
                    kind: kind, path: found.path, version: found.engine.version, devices: found.engine.devices)
            } catch {
                return EngineFinding(kind: kind, devices: [], problem: error)
            }
        }
    }
}
