import Engines
import Glibc
import Home
import Serve
import Tensors

/// Looks at everything that Slipway needs, and says how it is.
struct Doctor {
    let home: HomeDirectory
    let catalog: EngineCatalog
    let engineDirectory: String
    var system = SystemView()
    /// The ports that are looked at, and what they are for.
    var ports: [(port: UInt16, purpose: String)] = [(8080, "the data plane"), (8090, "the console and the API")]
    var isDeep = false
    /// The certificate that the server is to show, if any.
    var tls: TLSFiles?

    /// - Parameter progress: hears what is looked at next.
    func examine(progress: (String) -> Void = { _ in }) async -> [DoctorFinding] {
        var findings = [versions()]
        progress("the machine")
        findings += MachineChecks(system: system, homePath: home.path).findings()
        progress("the home")
        findings.append(HomeAccessCheck(home: home).finding())
        progress("the database and the blobs")
        let store = StoreChecks(home: home, isDeep: isDeep).findings()
        findings += store.findings
        findings.append(ClockCheck(now: system.now, newest: store.newest).finding())
        progress("the engines")
        findings += await EngineChecks(catalog: catalog, directory: engineDirectory).findings()
        progress("the server and its ports")
        let server = HomeLock.owner(of: .server, in: home)
        let own = Set([server].compactMap(\.self))
        findings += ports.map { PortCheck(port: $0.port, purpose: $0.purpose, own: own, system: system).finding() }
        if let tls { findings.append(CertificateCheck(files: tls, now: system.now).finding()) }
        findings.append(await serving(server))
        return findings + DoctorVariables(system: system).findings()
    }

    private func versions() -> DoctorFinding {
        var names = utsname()
        uname(&names)
        func text<Characters>(_ characters: Characters) -> String {
            withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let kernel = "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
        let library = Self.libraryVersion()
        let system = system.text("/etc/os-release").flatMap(Self.prettyName) ?? "an unknown system"
        return .ok(
            "slipway", "\(Version.text) on \(system), \(kernel), \(library)",
            details: .object([
                ("version", .string(Version.text)), ("system", .string(system)), ("kernel", .string(kernel)),
                ("library", .string(library)),
            ]))
    }

    /// Such as `glibc 2.36`.
    private static func libraryVersion() -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let count = confstr(Int32(_CS_GNU_LIBC_VERSION), &buffer, buffer.count)
        guard count > 1, count <= buffer.count else { return "an unknown C library" }
        return String(decoding: buffer.prefix(count - 1).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func prettyName(_ text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
            .map { $0.dropFirst(12).filter { $0 != "\"" } }
    }

    private func serving(_ process: Int32?) async -> DoctorFinding {
        guard let process, let client = ControlClient(home) else {
            return .ok("server", "none runs on this home")
        }
        let details = JSONValue.object([("pid", .integer(Int(process)))])
        do {
            let status = try await client.status()
            let endpoints = status["endpoints"]?.arrayValue?.count ?? 0
            let state = status["ready"]?.boolValue == false ? "not ready yet" : "ready"
            return .ok("server", "process \(process) is \(state) with \(endpoints) endpoints", details: details)
        } catch {
            return .fail(
                "server", "process \(process) holds the home and does not answer: \(Failure(error).message)",
                fix: "see its log; end it with 'slipway stop', or kill -9 \(process), and start it again",
                details: details)
        }
    }
}
