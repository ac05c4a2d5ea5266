import ArgumentParser
import Compress
import Engines
import Home
import Tensors
import Workshop

/// `--report FILE.html`: a page that needs nothing else, and the same as JSON beside it.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the report here as a page that needs nothing else, and as JSON beside it.", valueName: "file.html"),
        completion: .file(extensions: ["html"]))
    var report: String?

    func check() throws {
        if let report, report.isEmpty || report.hasSuffix("/") || report.hasSuffix(".json") {
            throw ValidationError("--report takes the name of a page, such as report.html; its JSON goes beside it")
        }
    }

    /// `report.json` beside `report.html`.
    static func data(beside page: String) -> String {
        for end in [".html", ".htm"] where page.hasSuffix(end) { return String(page.dropLast(end.count)) + ".json" }
        return page + ".json"
    }

    /// Writes what was found, if it is wanted.
    ///
    /// - Parameters:
    ///   - before: the original's file.
    ///   - after: the file that was chosen; `nil` where none was kept.
    ///   - engineDirectories: where a limited child looks for the engine whose profile tells which layers take the time.
    /// - Returns: what to tell a person; `nil` when nothing was asked for.
    /// - Throws: `Failure` when a file cannot be written.
    func write(
        _ record: OptimisationRecord, before: String, after: String?, engineDirectories: [String] = []
    ) async throws -> String? {
        guard let report else { return nil }
        var record = record
        if let after, let studied = try? await ChildRunner().layerStudy(before, after) {
            record.layers = record.layers.known(in: studied)
            if !engineDirectories.isEmpty { await record.addTimes(before, after, engineDirectories) }
        }
        record.setting.machine = record.setting.machine ?? Machine.present.words
        record.setting.program = "slipway \(Version.text)"
        record.setting.date = Timestamp.now().description
        record.setting.command = Self.command(CommandLine.arguments)
        return try write(page: OptimisationPage.html(record), record.json.encoded(pretty: true), to: report)
    }

    /// - Throws: `Failure` when a file cannot be written.
    func write(page: String, _ data: [UInt8], to path: String) throws(Failure) -> String {
        let other = Self.data(beside: path)
        try OwnFile.write(data + [UInt8(ascii: "\n")], to: other)
        try OwnFile.write(Array(page.utf8), to: path)
        return "report: \(path), \(Quantity.bytes(page.utf8.count)); as JSON: \(other)"
    }

    /// The command as it was typed, quoted where a shell would take it apart.
    static func command(_ arguments: [String]) -> String {
        let harmless = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+")
        let words = arguments.dropFirst().map { word in
            !word.isEmpty && word.allSatisfy(harmless.contains) ? word : "'\(word.replacing("'", with: "'\\''"))'"
        }
        return (["slipway"] + words).joined(separator: " ")
    }
}

extension OptimisationRecord {
    /// Which layers take the time, by ONNX Runtime's own profile of either file.
    fileprivate mutating func addTimes(_ before: String, _ after: String, _ engineDirectories: [String]) async {
        guard setting.engine?.hasPrefix(EngineKind.onnxRuntime.displayName) == true,
            let old = await ChildRunner().profile(of: before, engineDirectories: engineDirectories),
            let new = await ChildRunner().profile(of: after, engineDirectories: engineDirectories)
        else { return }
        for index in layers.indices {
            layers[index].shareBefore = old.shares[layers[index].node]
            layers[index].shareAfter = new.shares[layers[index].node]
        }
        timing =
            "of \(EngineKind.onnxRuntime.displayName)'s own profile of \(min(old.runs, new.runs)) runs; what it puts together "
            + "counts for one of the layers, and what it adds for none"
    }
}

extension Machine {
    /// Processor, cores, memory and what engines make use of, in a line.
    var words: String {
        ([identity, Quantity.bytes(memory)] + (extensions.isEmpty ? [] : [extensions.joined(separator: " ")]))
            .joined(separator: ", ")
    }
}

extension [OptimisationRecord.Layer] {
    /// What was done to layers, put to what is known of them by looking at both models; what is known only here stays at the
    /// end.
    func known(in studied: [OptimisationRecord.Layer]) -> [OptimisationRecord.Layer] {
        var own = Dictionary(map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
        var layers = studied
        for index in layers.indices {
            guard let told = own.removeValue(forKey: layers[index].node) else { continue }
            layers[index].isChanged = told.isChanged
            layers[index].action = told.action
            layers[index].decibels = told.decibels
            layers[index].shareBefore = told.shareBefore ?? layers[index].shareBefore
            layers[index].shareAfter = told.shareAfter ?? layers[index].shareAfter
        }
        return layers + filter { own[$0.node] == $0 }
    }
}
