import Glibc
import Monitor

/// Metrics of the process itself, read when they are asked for.
enum ProcessMetrics {
    static func register(in metrics: MetricsRegistry, version: String) {
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

    private static func openDescriptors() -> Int {
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
