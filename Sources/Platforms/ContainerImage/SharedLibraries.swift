import Glibc
import Subprocess
import SystemPackage

/// The libraries of the system that programs need, as the dynamic linker of this machine finds them.
package struct SharedLibraries: Sendable {
    /// One of them.
    package struct Library: Hashable, Sendable {
        /// Where the linker finds it; it has to be there in an image, too.
        package var path: String
    }

    /// The dynamic linker, by the machine's architecture.
    private static let linkers = [
        "x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1",
    ]

    /// What all of `programs` need together, the linker itself included, sorted by path.
    ///
    /// The linker is asked with `--list`, which maps the files and runs nothing of them: only for our own program and
    /// for engines whose files were verified.
    ///
    /// - Throws: `PlatformError.Code.missing` with the name of a library that is not on this machine.
    package static func needed(by programs: [String]) async throws -> [Library] {
        var all: Set<Library> = []
        for program in programs {
            let output = try await listing(of: program)
            all.formUnion(try parse(output, of: program))
        }
        return all.sorted { $0.path < $1.path }
    }

    private static func listing(of program: String) async throws -> String {
        let architecture = Architecture.ofThisMachine
        guard let linker = linkers[architecture.kernelName], access(linker, X_OK) == 0 else {
            throw PlatformError(
                .missing, "the dynamic linker of \(architecture.kernelName) is not where it should be",
                help: "make the image on a machine with the GNU C library")
        }
        let result = try await Subprocess.run(
            .path(FilePath(linker)), arguments: ["--list", program], input: .none,
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            let words = result.standardError.split(separator: "\n").first.map(String.init) ?? "no reason given"
            throw PlatformError(.missing, "what '\(program)' needs cannot be found: \(words)")
        }
        return result.standardOutput
    }

    /// Reads `libz.so.1 => /lib/…/libz.so.1 (0x…)`, the linker's own line, and `libz.so.1 => not found`.
    static func parse(_ listing: String, of program: String) throws(PlatformError) -> [Library] {
        var libraries: [Library] = []
        for line in listing.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let name = words.first, !name.hasPrefix("linux-vdso") else { continue }
            let path: Substring
            if let arrow = words.firstIndex(of: "=>"), arrow + 1 < words.count {
                path = words[arrow + 1]
                guard path.hasPrefix("/") else {
                    throw PlatformError(
                        .missing, "'\(program)' needs the library \(name), which is not on this machine",
                        help: "install the package that has it")
                }
            } else {
                path = name
            }
            guard path.hasPrefix("/") else { continue }
            libraries.append(Library(path: String(path)))
        }
        return libraries
    }
}

/// What a processor is called.
package struct Architecture: Hashable, Sendable {
    /// As the kernel says it: `x86_64`.
    package let kernelName: String

    /// As images say it: `amd64`. Source: OCI Image Specification 1.1, "Image Configuration", values of Go's GOARCH.
    package var imageName: String {
        switch kernelName {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: kernelName
        }
    }

    package static var ofThisMachine: Architecture {
        var name = utsname()
        guard uname(&name) == 0 else { return Architecture(kernelName: "unknown") }
        let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return Architecture(kernelName: machine)
    }
}
