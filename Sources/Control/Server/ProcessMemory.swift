import Glibc

/// Memory that this process has, and may have.
package enum ProcessMemory {
    /// Source: proc(5), `/proc/self/statm`, second field.
    @Sendable package static func residentBytes() -> Int {
        guard let text = text("/proc/self/statm") else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// Bytes of files with these names that are mapped into this process and not resident yet.
    ///
    /// Source: proc(5), `/proc/self/smaps`.
    static func absentBytes(of names: Set<String>, maps: String = "/proc/self/smaps") -> Int {
        guard !names.isEmpty, let file = fopen(maps, "re") else { return 0 }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var kilobytes = 0
        var isOne = false
        while getline(&line, &capacity, file) > 0, let line {
            let words = String(cString: line).split { $0 == " " || $0.isNewline }
            guard let first = words.first else { continue }
            // A mapping begins with its addresses and ends with its file; what is known of it follows line by line.
            guard first.last == ":" else {
                isOne =
                    words.count > 5
                    && names.contains(words[words.count - 1].split(separator: "/").last.map(String.init) ?? "")
                continue
            }
            guard isOne, words.count > 1, let number = Int(words[1]) else { continue }
            if first == "Size:" { kilobytes += number } else if first == "Rss:" { kilobytes -= number }
        }
        return max(0, kilobytes) * 1024
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
