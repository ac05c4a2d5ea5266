import ArgumentParser
import Glibc
import Home
import Registry

/// What a shell may offer for an argument: names that the home knows. A home that is missing or cannot be read has none;
/// completion never creates anything and never fails.
enum Candidates {
    /// The most names that are offered: a list of thousands helps nobody.
    private static let most = 400

    static var errorCodes: [String] { ErrorCatalog.pages.map(\.codeText) }

    static let models = CompletionKind.custom { words, _, prefix in
        `in`(words) { try modelNames($0).matching(prefix) }
    }

    /// `digits:3` and `digits@prod`; only model names until a separator is typed, where there are many models.
    static let versions = CompletionKind.custom { words, _, prefix in
        `in`(words) { try versionNames($0, prefix) }
    }

    /// What `show` and `run` take: versions, and ONNX files of the directory that is being typed.
    static let filesAndVersions = CompletionKind.custom { words, _, prefix in
        let versions = prefix.contains("/") ? [] : `in`(words) { try versionNames($0, prefix) }
        return versions + FileNames.matching(prefix, suffix: ".onnx").prefix(most)
    }

    static let endpoints = CompletionKind.custom { words, _, prefix in
        `in`(words) { try $0.read { try $0.endpoints() }.map(\.name).matching(prefix) }
    }

    static let tokens = CompletionKind.custom { words, _, prefix in
        `in`(words) { try $0.read { try $0.tokens() }.map(\.name).matching(prefix) }
    }

    /// Aliases, and models for a new one.
    static let aliases = CompletionKind.custom { words, _, prefix in
        `in`(words) { database in
            let names = try modelNames(database)
            let aliases = try database.read { snapshot in
                try names.prefix(most).flatMap { model in
                    try snapshot.aliases(of: model).map { "\(model)@\($0.name)" }
                }
            }
            return (aliases + names).matching(prefix)
        }
    }

    private static func modelNames(_ database: HomeDatabase) throws -> [String] {
        try database.read { try $0.models(limit: most) }.items.map(\.name)
    }

    private static func versionNames(_ database: HomeDatabase, _ prefix: String) throws -> [String] {
        let typed = prefix.split(maxSplits: 1, omittingEmptySubsequences: false) { ":@".contains($0) }
        let isOneModel = typed.count > 1
        let models = try modelNames(database).filter {
            isOneModel ? $0 == typed.first.map(String.init) : $0.hasPrefix(prefix)
        }
        let perModel = max(4, most / max(1, models.count))
        return try database.read { snapshot in
            try models.flatMap { model in
                try snapshot.aliases(of: model).map { "\(model)@\($0.name)" }
                    + snapshot.versions(of: model, limit: isOneModel ? most : min(perModel, 20)).items.map {
                        "\(model):\($0.number)"
                    }
            }
        }.matching(prefix)
    }

    /// Reads the home that the words of the command line name.
    private static func `in`(_ words: [String], _ body: (HomeDatabase) throws -> [String]) -> [String] {
        var options = HomeOptions()
        options.home = home(words)
        guard let directory = try? options.directory(), directory.exists,
            let database = try? HomeDatabase.open(directory)
        else { return [] }
        return ((try? body(database)) ?? []).prefix(most).map(shielded)
    }

    /// zsh takes what follows a colon for a description.
    private static func shielded(_ word: String) -> String {
        CompletionShell.requesting == .zsh ? word.replacing(":", with: "\\:") : word
    }

    /// The value of `--home` among the words, as far as it is plain.
    static func home(_ words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--home=") { return String(word.dropFirst(7)) }
            // bash makes a word of the equals sign.
            let next = words.dropFirst(index + 1).drop { $0 == "=" }.first
            if word == "--home", let next { return next }
        }
        return nil
    }
}

extension [String] {
    fileprivate func matching(_ prefix: String) -> [String] { filter { $0.hasPrefix(prefix) } }
}

/// Names of files, for a shell that cannot offer files beside other words.
enum FileNames {
    /// Directories, with a slash, and files with an ending, that begin as typed. Hidden ones only when asked for.
    static func matching(_ prefix: String, suffix: String) -> [String] {
        let slash = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
        let folder = String(prefix[..<slash])
        let start = prefix[slash...]
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(start), name != ".", name != "..", !name.hasPrefix(".") || start.hasPrefix(".") else {
                continue
            }
            let isFolder = Int32(entry.pointee.d_type) == DT_DIR
            if isFolder { names.append("\(folder)\(name)/") }
            if !isFolder, name.hasSuffix(suffix) { names.append(folder + name) }
        }
        return names.sorted()
    }
}
