import Glibc
import Subprocess
import SystemPackage
import Tensors

/// A Python of this machine: where it is, what it needs to read, and which wheels fit it.
package struct PythonInterpreter: Hashable, Sendable {
    /// As it was named, absolute: a virtual environment is told by this path.
    package var path: String
    /// The program behind all links.
    var program: String
    /// Such as `3.11.7`.
    package var version: String
    /// As wheels name it: `cp311`.
    package var tag: String
    /// As wheels name it: `x86_64`, `aarch64`.
    package var machine: String
    /// Folders of its own: libraries, packages.
    var folders: [String]

    /// Looks at an interpreter by running it, outside of any wall: whoever names it trusts it.
    ///
    /// - Parameter path: a path, or a name that is looked for in `PATH`.
    /// - Throws: `WorkshopError.Code.sandbox` when it is none, or older than 3.10.
    package static func find(_ path: String) async throws(WorkshopError) -> PythonInterpreter {
        let executable: Executable = path.contains("/") ? .path(FilePath(path)) : .name(path)
        let refusal = WorkshopError(
            .sandbox, "'\(path)' is no Python that can be run",
            help: "install python3 with pip, or name an interpreter with --python PATH or SLIPWAY_PYTHON")
        guard
            let result = try? await Subprocess.run(
                executable, arguments: ["-I", "-c", question], input: .none, output: .string(limit: 1 << 20),
                error: .discarded),
            result.terminationStatus.isSuccess,
            let json = try? JSONValue.parse(Array(result.standardOutput.utf8)),
            let named = json["executable"]?.stringValue, named.hasPrefix("/"),
            let program = json["program"]?.stringValue, let version = json["version"]?.stringValue,
            let tag = json["tag"]?.stringValue, let machine = json["machine"]?.stringValue
        else { throw refusal }
        guard json["recent"]?.boolValue == true else {
            throw WorkshopError(
                .sandbox, "'\(path)' is Python \(version.prefix(20)); 3.10 or later of CPython is needed",
                help: "name another with --python PATH or SLIPWAY_PYTHON")
        }
        let folders = json["folders"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return PythonInterpreter(
            path: named, program: program, version: version, tag: tag, machine: machine,
            folders: folders.filter { $0.hasPrefix("/") && $0 != "/" })
    }

    private static let question = """
        import json, os, platform, sys, sysconfig
        paths = sysconfig.get_paths()
        folders = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
        folders |= {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if key in paths}
        folders |= {path for path in sys.path if path}
        folders |= {os.path.realpath(path) for path in set(folders)}
        named = sys.executable
        print(json.dumps({
            "executable": named, "program": os.path.realpath(named), "version": platform.python_version(),
            "tag": "cp%d%d" % sys.version_info[:2], "machine": platform.machine(),
            "recent": sys.version_info >= (3, 10) and sys.implementation.name == "cpython",
            "folders": sorted(path for path in folders if os.path.exists(path)),
        }))
        """

    /// What every program needs to read of the system, and nothing that is anybody's own.
    private static let systemFiles = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
        "/usr/share/zoneinfo", "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/proc/cpuinfo",
        "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node",
    ]
    /// What loads programs: started by the kernel, so that it has to be allowed.
    private static let loaders = [
        "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1",
        "/lib/ld-musl-aarch64.so.1",
    ]

    /// Everything that it has to read to run.
    var readable: [String] { folders + Self.systemFiles + [program] }
    /// Everything that has to be started to start it.
    var executable: [String] { [program] + Self.loaders }

    /// Whether what it may read would hold everything of a person's: an interpreter that is installed right in a home.
    var holdsHome: String? {
        guard let home = getenv("HOME").map({ String(cString: $0) }), home.count > 1 else { return nil }
        return folders.first { $0 == home || home.hasPrefix($0 + "/") }
    }
}
