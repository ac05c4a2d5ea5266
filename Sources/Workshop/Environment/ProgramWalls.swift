import CSandbox
import Glibc
import Tensors

/// The walls around a program of somebody else's that this one starts: Python with a class that a person names.
///
/// A hidden verb puts them up around itself and then becomes the program, so that nothing of it runs outside of them. What
/// each wall is made of, and what holds where a kernel lacks one, is in `docs/other-formats.md`.
package struct ProgramWalls: Hashable, Sendable {
    /// The hidden verb that `main` hands to `run` before anything else happens.
    package static let verb = "__walled"
    /// How a report of walls that could not be put up ends the process.
    static let failure: Int32 = 97

    /// The program and what it is given.
    var program: String
    var arguments: [String]
    /// Its working directory.
    var folder: String
    /// Files and folders with what is beneath them, absolute.
    var readable: [String]
    var writable: [String]
    /// Files that may be started: the program itself, and what the system loads it with.
    var executable: [String]
    /// Bytes of address space.
    var memory: Int
    /// Seconds of processor time.
    var cpuSeconds: Int
    /// Bytes that a file may grow to.
    var fileBytes: Int

    var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return .object([
            ("program", .string(program)), ("arguments", list(arguments)), ("folder", .string(folder)),
            ("readable", list(readable)), ("writable", list(writable)), ("executable", list(executable)),
            ("memory", .integer(memory)), ("cpuSeconds", .integer(cpuSeconds)), ("fileBytes", .integer(fileBytes)),
        ])
    }

    init?(json: JSONValue) {
        func list(_ key: String) -> [String]? {
            guard let items = json[key]?.arrayValue else { return nil }
            let texts = items.compactMap(\.stringValue)
            return texts.count == items.count ? texts : nil
        }
        guard let program = json["program"]?.stringValue, let arguments = list("arguments"),
            let folder = json["folder"]?.stringValue, let readable = list("readable"),
            let writable = list("writable"), let executable = list("executable"),
            let memory = json["memory"]?.intValue, let cpuSeconds = json["cpuSeconds"]?.intValue,
            let fileBytes = json["fileBytes"]?.intValue
        else { return nil }
        self.init(
            program: program, arguments: arguments, folder: folder, readable: readable, writable: writable,
            executable: executable, memory: memory, cpuSeconds: cpuSeconds, fileBytes: fileBytes)
    }

    init(
        program: String, arguments: [String], folder: String, readable: [String], writable: [String],
        executable: [String], memory: Int, cpuSeconds: Int, fileBytes: Int
    ) {
        self.program = program
        self.arguments = arguments
        self.folder = folder
        self.readable = readable
        self.writable = writable
        self.executable = executable
        self.memory = memory
        self.cpuSeconds = cpuSeconds
        self.fileBytes = fileBytes
    }

    /// Puts the walls up and becomes the program; comes back only when that fails.
    ///
    /// - Parameter arguments: what follows the hidden verb.
    /// - Returns: the exit status.
    package static func run(arguments: some Collection<String>) -> Int32 {
        guard arguments.count == 1, let text = arguments.first, let json = try? JSONValue.parse(Array(text.utf8)),
            let walls = ProgramWalls(json: json)
        else { return complain("this verb is for Slipway itself") }
        return complain(walls.enterAndStart())
    }

    private static func complain(_ message: String) -> Int32 {
        let line = Array("\(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return failure
    }

    /// - Returns: what failed.
    private func enterAndStart() -> String {
        var limits = csandbox_limits(
            extra_address_space: UInt64(clamping: memory), cpu_seconds: UInt64(clamping: cpuSeconds),
            descriptors: 256, file_bytes: UInt64(clamping: fileBytes))
        guard chdir(folder) == 0 else { return "its folder cannot be entered (errno \(errno))" }
        let steps: [(String, () -> Int32)] = [
            ("limits", { csandbox_limit(&limits) }), ("descriptors", csandbox_close_on_start),
            ("rights of root", csandbox_drop_capabilities), ("files", confine),
            ("system calls", csandbox_filter_program),
        ]
        for (name, step) in steps {
            let failed = step()
            if failed == ENOSYS { return "this kernel has no Landlock, which keeps a program to its files" }
            guard failed == 0 else { return "the walls could not be put up: \(name) (errno \(failed))" }
        }
        withWords([program] + arguments) { words in _ = execv(program, words) }
        return "'\(program)' cannot be started: \(String(cString: strerror(errno)))"
    }

    private func confine() -> Int32 {
        withWords(readable) { readable in
            withWords(writable) { writable in
                withWords(executable) { executable in
                    csandbox_confine(Self.constant(readable), Self.constant(writable), Self.constant(executable))
                }
            }
        }
    }

    private static func constant(
        _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> UnsafeMutablePointer<UnsafePointer<CChar>?> {
        UnsafeMutableRawPointer(words).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }

    /// Calls `body` with a list of C strings that ends with nothing.
    private func withWords<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (place, text) in texts.enumerated() { words[place] = strdup(text) }
        words[texts.count] = nil
        defer {
            for place in texts.indices { free(words[place]) }
            words.deallocate()
        }
        return body(words)
    }
}
