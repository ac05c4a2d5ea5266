import Glibc

/// Memory that this process has, and may have.
package enum ProcessMemory {
    /// Source: proc(5), `/proc/self/statm`, second field.
    @Sendable package static func residentBytes() -> Int {
        guard let text = text("/proc/self/statm") else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// Bytes of files with these names that are mapped into this process.
    ///
    /// Source: proc(5), `/proc/self/maps`.
    static func mappedBytes(of names: Set<String>, maps: String = "/proc/self/maps") -> Int {
        guard !names.isEmpty, let file = fopen(maps, "re") else { return 0 }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var total = 0
        while getline(&line, &capacity, file) > 0, let line {
            let text = String(cString: line)
            guard let name = text.split(separator: "/").last?.filter({ !$0.isNewline }), names.contains(name) else {
                continue
            }
            let range = text.prefix { $0 != " " }.split(separator: "-").compactMap { Int($0, radix: 16) }
            if range.count == 2 { total += max(0, range[1] - range[0]) }
        }
        return total
    }

    /// The machine's memory, or what its control group leaves us, less a tenth for what is not ours to plan: `nil` when
    /// neither can be told. Source: cgroups(7), `memory.max`; version 1: `memory.limit_in_bytes`.
    package static func usualLimit(proc: String = "/proc", groups: String = "/sys/fs/cgroup") -> Int? {
        let machine = text("\(proc)/meminfo").flatMap { text -> Int? in
            let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
            return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        let group = ["memory.max", "memory/memory.limit_in_bytes"].lazy
            .compactMap { text("\(groups)/\($0)") }.first
            .flatMap { Int($0.prefix { $0.isNumber }) }
        return [machine, group].compactMap(\.self).min().map { $0 / 10 * 9 }
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
