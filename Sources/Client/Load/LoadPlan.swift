import Glibc

/// A whole measurement of one server: load that does not count, then load that does. `slipway bench` and the benchmarks'
/// load generator differ in what they send, not in this.
package struct LoadPlan: Hashable, Sendable {
    /// Keep-alive connections, each with one request at a time.
    package var connections = 8
    /// Requests a second; `nil` for as fast as the answers come.
    package var rate: Double?
    /// Seconds of load at full speed that do not count.
    package var warmUp = 0.5
    /// Seconds of load that count.
    package var seconds = 10.0

    package init() {}

    /// - Throws: `ClientError.Code.invalidRequest` with the range of what is out of it.
    package func validate() throws(ClientError) {
        guard (0...3600).contains(warmUp) else {
            throw ClientError(.invalidRequest, "a warm-up takes 0 to 3600 seconds, found \(warmUp)")
        }
        guard seconds > 0, seconds <= 86_400 else {
            throw ClientError(.invalidRequest, "a load takes more than 0 and at most 86400 seconds, found \(seconds)")
        }
        _ = try configuration.validated()
    }

    /// The load that counts.
    private var configuration: LoadConfiguration {
        var load = LoadConfiguration()
        load.connections = connections
        if let rate { load.pace = .perSecond(rate) }
        return load
    }

    /// Carries the plan out.
    ///
    /// - Parameters:
    ///   - watch: waits while the load that counts goes on; when it returns, the load is stopped.
    ///   - prepare: called after the warm-up, before anything that counts.
    /// - Throws: `ClientError` when the server cannot be reached at the beginning.
    package func run(
        _ generator: LoadGenerator, watching watch: (LoadRun) async throws -> Void,
        beforehand prepare: () async -> Void = {}
    ) async throws -> LoadReport {
        try validate()
        if warmUp > 0 {
            var load = configuration
            load.pace = .closedLoop
            let run = try await generator.start(load)
            try await Task.sleep(for: .seconds(warmUp))
            _ = await run.stop()
        }
        await prepare()
        let run = try await generator.start(configuration)
        do {
            try await watch(run)
        } catch {
            _ = await run.stop()
            throw error
        }
        return await run.stop()
    }
}

/// Processor time of this process.
package enum ProcessorTime {
    /// Seconds so far, user and system.
    package static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
