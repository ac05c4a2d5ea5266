import Glibc
import Home
import Monitor

/// Metrics of the process itself, read when they are asked for.
enum ProcessMetrics {
    /// - Parameters:
    ///   - home: the directory of the state.
    ///   - memoryLimit: bytes that may be resident; `nil` for no limit.
    static func register(in metrics: MetricsRegistry, version: String, home: String, memoryLimit: Int?) {
        registerLimits(in: metrics, home: home, memoryLimit: memoryLimit)
        metrics.gauge("slipway_build_info", "The version of this server; always 1.", [Label("version", version)]).set(1)
        metrics.gauge("slipway_process_resident_memory_bytes", "Resident memory of the server process.", []) {
            Double(ProcessMemory.residentBytes())
        }
        metrics.gauge("slipway_process_open_descriptors", "Open descriptors of the server process.", []) {
            Double(openDescriptors())
        }
        metrics.gauge("slipway_process_cpu_seconds", "Processor time of the server process since its start.", []) {
            cpuSeconds()
        }
    }

    /// What there is of what can run out.
    private static func registerLimits(in metrics: MetricsRegistry, home: String, memoryLimit: Int?) {
        metrics.gauge("slipway_process_start_time_seconds", "When the server process was started, since 1970.")
            .set(Double(Timestamp.now().milliseconds) / 1000)
        metrics.gauge("slipway_memory_limit_bytes", "What may be resident in all; 0 for no limit.")
            .set(Double(memoryLimit ?? 0))
        metrics.gauge("slipway_process_descriptor_limit", "Descriptors that the server process may have open.") {
            descriptorLimit()
        }
        metrics.gauge("slipway_home_free_bytes", "Bytes that may still be written where the home lies.") {
            disk(home).map { Double($0.f_bavail) * Double($0.f_frsize) } ?? 0
        }
        metrics.gauge("slipway_home_size_bytes", "Bytes of the file system where the home lies.") {
            disk(home).map { Double($0.f_blocks) * Double($0.f_frsize) } ?? 0
        }
    }

    static func disk(_ path: String) -> statvfs? {
        var found = statvfs()
        return statvfs(path, &found) == 0 ? found : nil
    }

    static func descriptorLimit() -> Double {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : 0
    }

    static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return max(0, count - 3)
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
