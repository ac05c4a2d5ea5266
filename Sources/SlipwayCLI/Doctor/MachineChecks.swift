import Glibc
import Tensors

/// Processor, memory, disk, limits.
struct MachineChecks {
    let system: SystemView
    let homePath: String

    func findings() -> [DoctorFinding] { [processor(), memory(), disk(), limits()] }

    /// Features that make kernels fast, in the words of /proc/cpuinfo, and what each is for.
    private static let features = [
        "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8",
        "amx_bf16", "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2",
    ]

    private func processor() -> DoctorFinding {
        guard let text = system.text("\(system.proc)/cpuinfo") else {
            return .warn("processor", "\(system.proc)/cpuinfo cannot be read", fix: "mount /proc into the container")
        }
        let flags = Set(
            (SystemView.value("flags", in: text) ?? SystemView.value("Features", in: text) ?? "")
                .split(separator: " ").map(String.init))
        let found = Self.features.filter(flags.contains)
        let name = SystemView.value("model name", in: text).map(String.init) ?? "processor"
        let count = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let usable = min(usableProcessors() ?? count, count)
        let share = quota()
        var words = "\(name), \(usable) of \(count) processors"
        if let share { words += ", limited to \(Quantity.fixed(share, 1)) by the cgroup" }
        words += found.isEmpty ? "" : "; \(found.joined(separator: " "))"
        let details = JSONValue.object([
            ("name", .string(name)), ("processors", .integer(count)), ("usable", .integer(usable)),
            ("quota", share.map(JSONValue.number) ?? .null), ("features", .array(found.map(JSONValue.string))),
        ])
        let isX86 = flags.contains("sse2")
        if isX86, !flags.contains("avx2") {
            return .warn(
                "processor", words + ": no AVX2, so engines fall back to slow kernels",
                fix: "use a processor with AVX2, or pass the host's processor through to the virtual machine",
                details: details)
        }
        if let share, share < 1 {
            return .warn(
                "processor", words, fix: "raise the limit to at least one processor; below it, latencies are uneven",
                details: details)
        }
        return .ok("processor", words, details: details)
    }

    /// Processors that this process may run on. Source: proc(5), `Cpus_allowed`: a mask in hexadecimal, with commas.
    private func usableProcessors() -> Int? {
        guard let text = system.text("\(system.proc)/self/status"),
            let mask = SystemView.value("Cpus_allowed", in: text)
        else { return nil }
        return mask.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Processors that the cgroup grants (version 2, else 1); `nil` without a limit.
    private func quota() -> Double? {
        if let text = system.text("\(system.cgroups)/cpu.max") {
            let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
            guard parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), period > 0 else {
                return nil
            }
            return quota / period
        }
        guard let quota = number("\(system.cgroups)/cpu/cpu.cfs_quota_us"), quota > 0,
            let period = number("\(system.cgroups)/cpu/cpu.cfs_period_us"), period > 0
        else { return nil }
        return Double(quota) / Double(period)
    }

    private func number(_ path: String) -> Int? { system.text(path).flatMap { Int($0[...].trimmed) } }

    private func memory() -> DoctorFinding {
        guard let text = system.text("\(system.proc)/meminfo"),
            let all = Self.kilobytes("MemTotal", text), let free = Self.kilobytes("MemAvailable", text)
        else {
            return .warn("memory", "\(system.proc)/meminfo cannot be read", fix: "mount /proc into the container")
        }
        let limit = number("\(system.cgroups)/memory.max") ?? number("\(system.cgroups)/memory/memory.limit_in_bytes")
        let used =
            number("\(system.cgroups)/memory.current") ?? number("\(system.cgroups)/memory/memory.usage_in_bytes")
        // Without a limit, version 1 shows a huge number.
        let bound = limit.flatMap { $0 < all ? $0 : nil }
        let left = bound.map { min(free, max(0, $0 - (used ?? 0))) } ?? free
        var words = "\(Quantity.bytes(left)) free of \(Quantity.bytes(bound ?? all))"
        if bound != nil { words += ", the limit of the cgroup; the machine has \(Quantity.bytes(all))" }
        let details = JSONValue.object([
            ("bytes", .integer(all)), ("free", .integer(left)), ("limit", bound.map(JSONValue.integer) ?? .null),
        ])
        if left < 64 << 20 {
            return .fail(
                "memory", words,
                fix: "end other programs, or raise the limit: a server needs about 100 MB and its models",
                details: details)
        }
        if left < 512 << 20 {
            return .warn(
                "memory", words, fix: "leave at least 512 MB beside the models that are served", details: details)
        }
        return .ok("memory", words, details: details)
    }

    private static func kilobytes(_ key: String, _ text: String) -> Int? {
        guard let value = SystemView.value(key, in: text)?.split(separator: " ").first.flatMap({ Int($0) }),
            value >= 0, value < Int.max >> 10
        else { return nil }
        return value << 10
    }

    private func disk() -> DoctorFinding {
        guard let space = system.disk(homePath) else {
            return .fail(
                "disk", "the disk of '\(homePath)' cannot be asked", fix: "check the path: --home, SLIPWAY_HOME")
        }
        let words = "\(Quantity.bytes(space.freeBytes)) free of \(Quantity.bytes(space.allBytes)) for '\(homePath)'"
        let details = JSONValue.object([
            ("free", .integer(space.freeBytes)), ("bytes", .integer(space.allBytes)),
            ("freeFiles", .integer(space.freeFiles)), ("files", .integer(space.allFiles)),
        ])
        if space.allFiles > 0, space.freeFiles < 1000 {
            return .fail(
                "disk", words + ", but room for \(space.freeFiles) more files only",
                fix: "remove files that nobody needs, or move the home with --home", details: details)
        }
        if space.freeBytes < 100 << 20 {
            return .fail(
                "disk", words, fix: "free some space, or move the home to a larger disk with --home", details: details)
        }
        if space.freeBytes < 2_000_000_000 {
            return .warn(
                "disk", words, fix: "free some space: an import needs three times the model's size", details: details)
        }
        return .ok("disk", words, details: details)
    }

    private func limits() -> DoctorFinding {
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let open = Int(clamping: files.rlim_cur)
        let words = "\(open >= Int(Int32.max) ? "any number of" : Quantity.count(open)) open files for one process"
        let details = JSONValue.object([("openFiles", .integer(open))])
        guard open >= 1024 else {
            return .warn(
                "limits", words, fix: "raise it to 1,024 or more: ulimit -n 65536, or LimitNOFILE= of the unit",
                details: details)
        }
        return .ok("limits", words, details: details)
    }
}
