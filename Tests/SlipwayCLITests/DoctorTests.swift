import Engines
import Glibc
import Home
import Tensors
import Testing
import Trust

@testable import SlipwayCLI

/// A home, and a machine that a test makes up.
final class Patient {
    let folder: String
    let home: HomeDirectory
    var system = SystemView()

    init() throws {
        var template = Array("/tmp/slipway-patient.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        home = try HomeDirectory(path: folder + "/home")
        system.proc = folder + "/proc"
        system.cgroups = folder + "/cgroup"
        system.variables = [:]
        for name in ["proc", "proc/net", "proc/self", "cgroup"] { mkdir("\(folder)/\(name)", 0o700) }
        try write("proc/cpuinfo", "model name\t: Test Processor\nflags\t\t: sse2 avx2 avx512_vnni amx_int8\n\n")
        try write("proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n")
        try write("proc/self/status", "Name:\ttest\nCpus_allowed:\t3\n")
    }

    deinit { (try? HomeDirectory(path: folder))?.removeEverything() }

    func write(_ name: String, _ text: String) throws { try OwnFile.write(Array(text.utf8), to: "\(folder)/\(name)") }

    var machine: [DoctorFinding] { MachineChecks(system: system, homePath: home.path).findings() }

    func furnish() throws {
        try HomeDatabase.open(home).close()
        chmod(home.path, 0o700)
    }
}

@Suite struct DoctorTests {
    /// A fault that is put in, and how the doctor names it.
    struct Fault: Sendable {
        let name: String
        let subject: String
        let state: DoctorFinding.State
        let words: String
        let put: @Sendable (Patient) throws -> Void

        init(
            _ name: String, _ subject: String, _ state: DoctorFinding.State, _ words: String,
            _ put: @escaping @Sendable (Patient) throws -> Void
        ) {
            (self.name, self.subject, self.state, self.words, self.put) = (name, subject, state, words, put)
        }
    }

    static let machineFaults = [
        Fault("none", "processor", .ok, "avx2 avx512_vnni amx_int8") { _ in },
        Fault("no AVX2", "processor", .warn, "no AVX2") { try $0.write("proc/cpuinfo", "flags : sse2 ssse3\n") },
        Fault("an ARM processor", "processor", .ok, "asimddp i8mm") {
            try $0.write("proc/cpuinfo", "Features : asimddp i8mm\n")
        },
        Fault("no /proc", "processor", .warn, "cannot be read") { unlink($0.folder + "/proc/cpuinfo") },
        Fault("half a processor", "processor", .warn, "limited to 0.5") {
            try $0.write("cgroup/cpu.max", "50000 100000\n")
        },
        Fault("no limit of processors", "processor", .ok, "Test Processor") {
            try $0.write("cgroup/cpu.max", "max 100000\n")
        },
        Fault("half a processor, version 1", "processor", .warn, "limited to 0.5") {
            mkdir($0.folder + "/cgroup/cpu", 0o700)
            try $0.write("cgroup/cpu/cpu.cfs_quota_us", "50000\n")
            try $0.write("cgroup/cpu/cpu.cfs_period_us", "100000\n")
        },
        Fault("memory", "memory", .ok, "8.2 GB free of 16.4 GB") { _ in },
        Fault("little memory", "memory", .warn, "300.0 MB free") {
            try $0.write("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 292969 kB\n")
        },
        Fault("no memory", "memory", .fail, "10.2 MB free") {
            try $0.write("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 10000 kB\n")
        },
        Fault("a small cgroup", "memory", .warn, "limit of the cgroup") {
            try $0.write("cgroup/memory.max", "536870912\n")
            try $0.write("cgroup/memory.current", "104857600\n")
        },
        Fault("a full cgroup, version 1", "memory", .fail, "0 B free of 536.9 MB") {
            mkdir($0.folder + "/cgroup/memory", 0o700)
            try $0.write("cgroup/memory/memory.limit_in_bytes", "536870912\n")
            try $0.write("cgroup/memory/memory.usage_in_bytes", "536870912\n")
        },
        Fault("nonsense in meminfo", "memory", .warn, "cannot be read") {
            try $0.write("proc/meminfo", "MemTotal: 99999999999999999999 kB\nMemAvailable: x\n")
        },
        Fault("little disk", "disk", .warn, "1.0 GB free") {
            $0.system.disk = { _ in
                DiskSpace(freeBytes: 1_000_000_000, allBytes: 10_000_000_000, freeFiles: 9999, allFiles: 99999)
            }
        },
        Fault("a full disk", "disk", .fail, "1.0 MB free") {
            $0.system.disk = { _ in
                DiskSpace(freeBytes: 1_000_000, allBytes: 10_000_000_000, freeFiles: 9999, allFiles: 99999)
            }
        },
        Fault("no room for files", "disk", .fail, "room for 3 more files") {
            $0.system.disk = { _ in
                DiskSpace(freeBytes: 9_000_000_000, allBytes: 10_000_000_000, freeFiles: 3, allFiles: 99999)
            }
        },
        Fault("no disk", "disk", .fail, "cannot be asked") { $0.system.disk = { _ in nil } },
    ]

    @Test(arguments: machineFaults.indices) func theMachinesFaultsAreNamed(index: Int) throws {
        let fault = Self.machineFaults[index]
        let patient = try Patient()
        try fault.put(patient)
        try Self.expect(fault, in: patient.machine)
    }

    static let homeFaults = [
        Fault("none", "home", .ok, "for its owner alone") { _ in },
        Fault("a home that others list", "home", .warn, "(mode 0755)") { chmod($0.home.path, 0o755) },
        Fault("a home that others write", "home", .fail, "can be written by others") { chmod($0.home.path, 0o777) },
        Fault("a database that others read", "home", .fail, "slipway.db' can be read by others (mode 0644)") {
            chmod($0.home.databasePath, 0o644)
        },
        Fault("a key that others read", "home", .fail, "anti.key' can be read") {
            try $0.write("home/anti.key", "x")
            chmod($0.home.path + "/anti.key", 0o640)
        },
        Fault("tokens that others read", "home", .fail, "tokens.json' can be read") {
            try $0.write("home/tokens.json", "x")
            chmod($0.home.path + "/tokens.json", 0o604)
        },
    ]

    @Test(arguments: homeFaults.indices) func theHomesFaultsAreNamed(index: Int) throws {
        let fault = Self.homeFaults[index]
        let patient = try Patient()
        try patient.furnish()
        try fault.put(patient)
        try Self.expect(fault, in: [HomeAccessCheck(home: patient.home).finding()])
    }

    static let storeFaults = [
        Fault("none", "database", .ok, "sound; 0 models") { _ in },
        Fault("no database yet", "database", .ok, "none yet") { unlink($0.home.databasePath) },
        Fault("garbage for a database", "database", .fail, "not a database") {
            for end in ["-wal", "-shm"] { unlink($0.home.databasePath + end) }
            try $0.write("home/slipway.db", String(repeating: "no database ", count: 2000))
        },
        Fault("a database of the future", "database", .fail, "schema 999") { patient in
            for end in ["-wal", "-shm"] { unlink(patient.home.databasePath + end) }
            let file = open(patient.home.databasePath, O_RDWR)
            // Source: SQLite's file format, 1.3: the user version is a big-endian number at byte 60.
            var version = UInt32(999).bigEndian
            pwrite(file, &version, 4, 60)
            close(file)
        },
    ]

    @Test(arguments: storeFaults.indices) func theDatabasesFaultsAreNamed(index: Int) throws {
        let fault = Self.storeFaults[index]
        let patient = try Patient()
        try patient.furnish()
        try fault.put(patient)
        let findings = StoreChecks(home: patient.home, isDeep: true).findings().findings
        try Self.expect(fault, in: findings)
    }

    @Test func aLookChangesNothing() throws {
        let patient = try Patient()
        _ = StoreChecks(home: patient.home, isDeep: true).findings()
        _ = HomeAccessCheck(home: patient.home).finding()
        #expect(access(patient.home.path, F_OK) != 0)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:07.000Z", nil, DoctorFinding.State.fail, "cannot be"),
            ("2026-06-01T00:00:00.000Z", nil, .ok, "2026-06-01"),
            ("2026-06-01T00:00:00.000Z", "2026-06-01T00:00:30.000Z", .ok, "2026-06-01"),
            ("2026-06-01T00:00:00.000Z", "2026-06-02T00:00:00.000Z", .warn, "was set back"),
            ("2999-06-01T00:00:00.000Z", nil, .fail, "cannot be"),
        ] as [(String, String?, DoctorFinding.State, String)]) func aClockThatCannotBeRightIsNamed(
            now: String, newest: String?, state: DoctorFinding.State, words: String
        ) throws
    {
        let finding = ClockCheck(now: try #require(Timestamp(now)), newest: newest.flatMap(Timestamp.init)).finding()
        #expect(finding.state == state && finding.text.contains(words), "\(finding)")
    }

    @Test(
        arguments: [
            ([:], DoctorFinding.State.ok, "no SLIPWAY_ variable"), (["SLIPWAY_HOME": "/h"], .ok, "SLIPWAY_HOME=/h"),
            (["SLIPWAY_HOEM": "/h"], .warn, "does not know this variable"),
            (["SLIPWAY_ENGINES": "/not/there"], .fail, "nothing at this path"),
            (["SLIPWAY_TOKEN": "slw_secret"], .ok, "SLIPWAY_TOKEN=[redacted]"),
            (["SLIPWAY_HOME": "a slw_abcdefghijklmnopqrstuvwxyz0123456789abcdefg"], .ok, "SLIPWAY_HOME=a [redacted]"),
        ] as [([String: String], DoctorFinding.State, String)]) func variablesAreExplainedAndSecretsAreNot(
            variables: [String: String], state: DoctorFinding.State, words: String
        )
        throws
    {
        var system = SystemView()
        system.variables = variables
        let findings = DoctorVariables(system: system).findings()
        let finding = try #require(findings.first)
        #expect(finding.state == state && finding.text.contains(words), "\(finding)")
        #expect(state == .ok || finding.fix?.isEmpty == false)
        if variables.keys.contains("SLIPWAY_HOEM") { #expect(finding.fix == "did you mean SLIPWAY_HOME?") }
    }

    @Test func whoHoldsAPortIsNamed() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        listen(descriptor, 1)
        let port = UInt16(bigEndian: address.sin_port)
        let foreign = PortCheck(port: port, purpose: "a test", own: [], system: SystemView()).finding()
        #expect(foreign.state == .warn && foreign.text.contains("process \(getpid())"), "\(foreign)")
        let own = PortCheck(port: port, purpose: "a test", own: [getpid()], system: SystemView()).finding()
        #expect(own.state == .ok && own.text.contains("this home's server"), "\(own)")
    }

    @Test func everyWarningHasAFixAndLinesFit() {
        let findings = [
            DoctorFinding.ok("a", "fine"), .warn("longer", String(repeating: "word ", count: 40), fix: "mend it"),
            .fail("b", "broken", fix: String(repeating: "step ", count: 40)),
        ]
        let lines = DoctorFinding.text(findings, width: 80).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        #expect(lines.first == "ok    a       fine")
        #expect(lines.contains { $0.trimming(while: \.isWhitespace) == "fix: mend it" })
    }

    @Test func aBundleHasNoSecretsAndNoPlaces() throws {
        let patient = try Patient()
        patient.system.variables = ["SLIPWAY_TOKEN": "slw_aaaabbbbccccdddd", "SLIPWAY_HOME": patient.home.path]
        let token = "slw_" + String(repeating: "Z9", count: 21) + "a"
        let bundle = SupportBundle(
            findings: [
                .fail("home", "'\(patient.home.path)/x' and /people/ada/models: Bearer abc.def \(token)", fix: "f")
            ],
            home: patient.home, system: patient.system, userHome: "/people/ada")
        let text = bundle.json.encodedString()
        for secret in [token, "abc.def", "aaaabbbb", patient.home.path, "/people/ada"] {
            #expect(!text.contains(secret), "\(secret) in \(text)")
        }
        #expect(text.contains("<home>/x' and ~/models"))
        #expect(bundle.json["findings"]?.arrayValue?.count == 1 && bundle.json["cpuinfo"]?.stringValue != "")
    }

    private static func expect(_ fault: Fault, in findings: [DoctorFinding]) throws {
        let finding = try #require(findings.first { $0.subject == fault.subject }, "\(fault.name): \(findings)")
        #expect(finding.state == fault.state, "\(fault.name): \(finding)")
        #expect(finding.text.contains(fault.words), "\(fault.name): \(finding)")
        #expect(finding.state == .ok || finding.fix?.isEmpty == false, "\(fault.name)")
    }
}

extension Substring {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> Substring { drop(while: predicate) }
}
