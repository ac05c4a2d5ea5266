import Engines
import Glibc
import Registry
import Tensors
import Trust

/// A file that an engine compiled for itself, and the record beside it: by which version of the engine, on which
/// processor. On another either would be wrong, and engines do not always notice.
struct CompiledFile {
    let path: String
    let form: CompiledForm
    let engineVersion: String
    let machine: Machine
    let digest: Digest
    let signature: Signature
    /// What it was made of: a version with its digest, or a file's name.
    let source: String

    /// Where the record of a file lies.
    static func recordPath(_ path: String) -> String { "\(path).json" }

    /// The record beside a file; `nil` where there is none of ours.
    ///
    /// - Throws: `Failure` 2304 for a record that is damaged.
    static func read(_ path: String) throws -> CompiledFile? {
        guard access(recordPath(path), F_OK) == 0 else { return nil }
        guard let json = try? JSONFile.read(recordPath(path)),
            let word = json["compiled"]?.stringValue
        else { return nil }
        guard let form = CompiledForm(rawValue: word), let version = json["engineVersion"]?.stringValue,
            let machine = Machine(json: json["machine"]), let digest = json["digest"]?.stringValue,
            let signature = json["signature"]
        else { throw refusal(path, "its record '\(recordPath(path))' is damaged") }
        return CompiledFile(
            path: path, form: form, engineVersion: version, machine: machine, digest: try Digest(digest),
            signature: try Signature(json: signature), source: json["source"]?.stringValue ?? "")
    }

    var json: JSONValue {
        .object([
            ("compiled", .string(form.rawValue)), ("engine", .string(form.engine.rawValue)),
            ("engineVersion", .string(engineVersion)), ("machine", machine.json),
            ("digest", .string("\(digest)")), ("source", .string(source)), ("signature", signature.json),
            ("slipway", .string(Version.text)),
        ])
    }

    /// Loads it, once it is known to be what was recorded, for this engine on this processor.
    ///
    /// - Throws: `Failure` 2304 with what differs; `EngineError`.
    func load(on engines: EngineCatalog, _ options: SessionOptions, here: Machine = .present) throws -> any Session {
        let engine = try engines.engine(form.engine)
        guard engine.version == engineVersion else {
            throw Self.refusal(
                path, "it was compiled by \(form.engine.displayName) \(engineVersion), and here is \(engine.version)")
        }
        guard machine.processor == here.processor, machine.extensions == here.extensions else {
            let missing = Set(machine.extensions).symmetricDifference(here.extensions).sorted()
            throw Self.refusal(
                path,
                "it was compiled on \(machine.processor), and this is \(here.processor)"
                    + (missing.isEmpty ? "" : " (they differ in \(missing.joined(separator: ", ")))"))
        }
        guard try Self.measure(path).digest == digest else {
            throw Self.refusal(path, "its bytes are not those that were recorded")
        }
        var options = options
        options.optimization = .done
        options.declared = signature
        return try engine.load(.file(path), options: options)
    }

    /// The digest and the size of a file.
    static func measure(_ path: String) throws -> (digest: Digest, bytes: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(1003, .notFound, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let found = try Digest.ofFile(descriptor: descriptor)
        return (found.digest, found.byteCount)
    }

    private static func refusal(_ path: String, _ words: String) -> Failure {
        Failure(
            2304, .verificationFailed, "'\(path)' is not loaded: \(words)",
            help: "compile the model here again: slipway convert MODEL --to FORM --output FILE")
    }
}
