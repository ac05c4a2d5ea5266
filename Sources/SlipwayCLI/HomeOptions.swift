import ArgumentParser
import Control
import Engines
import Glibc
import Home
import LiteRT
import Registry
import Tensors

/// Where the state is.
struct HomeOptions: ParsableArguments {
    @Option(
        help: "The directory that holds all state (default: SLIPWAY_HOME, else the XDG data directory).",
        completion: .directory)
    var home: String?

    /// The directory that is meant; nothing is created.
    func directory() throws -> HomeDirectory {
        var environment: [String: String] = [:]
        for name in ["SLIPWAY_HOME", "XDG_DATA_HOME", "HOME"] { environment[name] = Terminal.environment(name) }
        return try HomeDirectory.locate(explicit: home, environment: environment)
    }

    /// The registry of the home, created where it is missing.
    func registry() throws -> ModelRegistry {
        let directory = try directory()
        try directory.create()
        return ModelRegistry(try HomeDatabase.open(directory))
    }

    func deployments() throws -> Deployments { Deployments(try registry(), engines: try engines()) }

    /// The engines of the home, else of the standard place.
    func engines() throws -> EngineCatalog { .translating(directory: try engineDirectory()) }

    /// Where engines are looked for after `SLIPWAY_ENGINES`.
    func engineDirectory() throws -> String {
        let own = try directory().engines
        let hasOwn = EngineCatalog.hasLibraries(in: own)
        return hasOwn ? own : EngineCatalog.standardDirectory ?? own
    }
}

extension EngineCatalog {
    /// Whether a directory has anything in it.
    static func hasLibraries(in path: String) -> Bool {
        Folder.sortedNames(in: path).contains { !$0.hasPrefix(".") }
    }
}
