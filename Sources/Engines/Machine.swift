import Glibc
package import Tensors

/// The machine that engines run on, as far as it decides how fast they are.
package struct Machine: Hashable, Sendable {
    /// The processor's name, such as `AMD EPYC 9655`.
    package var processor: String
    /// Processors that this process may use.
    package var cores: Int
    /// Vector and matrix extensions that engines make use of, such as `avx512_bf16`, in alphabetical order.
    package var extensions: [String]
    /// Bytes of memory.
    package var memory: Int

    package init(processor: String, cores: Int, extensions: [String] = [], memory: Int = 0) {
        self.processor = processor
        self.cores = cores
        self.extensions = extensions
        self.memory = memory
    }

    /// This machine.
    package static let present = Machine(processorTable: text("/proc/cpuinfo"))

    /// - Parameter table: what `/proc/cpuinfo` says.
    init(processorTable table: String) {
        var names: [String: Substring] = [:]
        for line in table.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = String(line[..<colon].filter { $0 != "\t" })
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            if names[key] == nil { names[key] = value }
        }
        let flags = Set((names["flags"] ?? names["Features"] ?? "").split(separator: " "))
        processor = Self.name(names)
        extensions = Self.known.filter { flags.contains($0) }.map(String.init)
        cores = Self.usableCores()
        memory = max(0, Int(sysconf(Int32(_SC_PHYS_PAGES)))) * max(0, Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// With family and model: virtual machines often say no more than the maker's name.
    private static func name(_ names: [String: Substring]) -> String {
        guard let name = names["model name"] else { return names["CPU part"].map { "ARM part \($0)" } ?? "unknown" }
        guard let family = names["cpu family"], let model = names["model"] else { return String(name) }
        return "\(name) (family \(family), model \(model))"
    }

    private static let known: [Substring] = [
        "amx_bf16", "amx_int8", "asimdhp", "avx2", "avx512_bf16", "avx512_fp16", "avx512_vnni", "avx512f", "avx_vnni",
        "bf16", "i8mm", "sve",
    ]

    /// Processors of the mask that the kernel lets this process run on, or all there are.
    private static func usableCores() -> Int {
        let name = "Cpus_allowed:"
        for line in text("/proc/self/status").split(separator: "\n") where line.hasPrefix(name) {
            let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
            if count > 0 { return count }
        }
        return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        // The first processor's lines are enough, and come first.
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

extension Machine {
    /// What decides whether figures of one machine hold on another: equal identities, equal figures.
    package var identity: String { "\(processor), \(cores) core\(cores == 1 ? "" : "s")" }

    /// As it is stored and shown.
    package var json: JSONValue {
        .object([
            ("processor", .string(processor)), ("cores", .integer(cores)),
            ("extensions", .array(extensions.map(JSONValue.string))), ("memory", .integer(memory)),
        ])
    }

    /// - Returns: `nil` for another shape.
    package init?(json: JSONValue?) {
        guard let processor = json?["processor"]?.stringValue, let cores = json?["cores"]?.intValue else { return nil }
        self.init(
            processor: processor, cores: cores,
            extensions: json?["extensions"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            memory: json?["memory"]?.intValue ?? 0)
    }
}
