import Glibc
import Tensors

/// Whether a port can be listened on, and else who does.
struct PortCheck {
    let port: UInt16
    /// What listens there by default, for people.
    let purpose: String
    /// The processes of this home's server.
    let own: Set<Int32>
    let system: SystemView

    func finding() -> DoctorFinding {
        let subject = "port \(port)"
        guard !Self.isFree(port) else { return .ok(subject, "free for \(purpose)") }
        let holder = PortHolder.find(port: port, in: system)
        let details = JSONValue.object([
            ("port", .integer(Int(port))), ("pid", holder.map { .integer(Int($0.process)) } ?? .null),
            ("program", holder.map { .string($0.program) } ?? .null),
        ])
        if let holder, own.contains(holder.process) || own.contains(holder.parent) {
            return .ok(subject, "used by this home's server for \(purpose)", details: details)
        }
        let who = holder.map { "'\($0.program)' (process \($0.process))" } ?? "a program of another user or container"
        return .warn(
            subject, "\(who) listens there",
            fix: "end it, or choose another: slipway serve --\(port == 8090 ? "control-port" : "port") 0",
            details: details)
    }

    /// Whether nobody listens on a port of the loopback address.
    static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 || errno != EADDRINUSE
    }
}

/// The process that listens on a port, found by way of /proc.
struct PortHolder {
    let process: Int32
    let parent: Int32
    let program: String

    /// Source: proc(5), `/proc/net/tcp`: the local address in the second column, the state (0A: listening) in the
    /// fourth, the socket's inode in the tenth.
    static func find(port: UInt16, in system: SystemView) -> PortHolder? {
        var inodes: Set<Substring> = []
        for table in ["tcp", "tcp6"] {
            for line in (system.text("\(system.proc)/net/\(table)") ?? "").split(separator: "\n").dropFirst() {
                let columns = line.split(separator: " ")
                guard columns.count > 9, columns[3] == "0A",
                    let number = columns[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) }),
                    number == port
                else { continue }
                inodes.insert(columns[9])
            }
        }
        guard !inodes.isEmpty else { return nil }
        return Folder.sortedNames(in: system.proc).compactMap { Int32($0) }.sorted().first { holds($0, inodes, system) }
            .map {
                PortHolder(process: $0, parent: parent(of: $0, system), program: program(of: $0, system))
            }
    }

    private static func holds(_ process: Int32, _ inodes: Set<Substring>, _ system: SystemView) -> Bool {
        let folder = "\(system.proc)/\(process)/fd"
        var target = [CChar](repeating: 0, count: 64)
        for name in Folder.sortedNames(in: folder) {
            let count = readlink("\(folder)/\(name)", &target, target.count - 1)
            guard count > 0 else { continue }
            let text = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("socket:["), inodes.contains(text.dropFirst(8).dropLast()) { return true }
        }
        return false
    }

    private static func parent(of process: Int32, _ system: SystemView) -> Int32 {
        system.text("\(system.proc)/\(process)/status").flatMap { SystemView.value("PPid", in: $0) }.flatMap {
            Int32($0)
        }
            ?? 0
    }

    private static func program(of process: Int32, _ system: SystemView) -> String {
        String((system.text("\(system.proc)/\(process)/comm") ?? "?")[...].trimmed)
    }
}
