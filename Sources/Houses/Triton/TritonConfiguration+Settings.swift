extension TritonConfiguration {
    /// How an endpoint here serves as the model was served.
    ///
    /// - Parameter cacheBytes: of a response cache, where one is asked for.
    func settings(cacheBytes: Int, remarks: inout [String]) -> HouseSettings {
        var settings = HouseSettings()
        settings.batching = choice(&remarks)
        if isCached {
            settings.cacheBytes = cacheBytes
            remarks.append("its response cache has \(cacheBytes >> 20) MiB; Triton's is the server's to say")
        }
        if let threads = parameters["intra_op_thread_count"].flatMap({ Int($0) }), (1...1024).contains(threads) {
            settings.threads = threads
        }
        if accelerators.contains("openvino") { settings.engine = "openvino" }
        for name in accelerators where name != "openvino" {
            remarks.append("the accelerator '\(name.shown)' is left out")
        }
        instances(&settings, &remarks)
        if let sequenceIdle {
            remarks.append("sequences end after: slipway serve --sequence-idle \(max(1, sequenceIdle / 1_000_000))")
        }
        return settings
    }

    private func choice(_ remarks: inout [String]) -> HouseSettings.Batching {
        guard let rows = maximumRows else { return batching == nil ? .auto : .off }
        guard let batching, rows > 1 else { return .off }
        let limit = min(rows, 65_536)
        if limit < rows { remarks.append("a batch has at most \(limit) rows") }
        let delay = min(max(batching.delay, 0), 10_000_000)
        let preferred = batching.preferred.filter { (1...limit).contains($0) }
        return .rows(limit, delay: delay, preferred: preferred)
    }

    private func instances(_ settings: inout HouseSettings, _ remarks: inout [String]) {
        let onProcessors = instances.filter { $0.kind == "KIND_CPU" }
        guard !onProcessors.isEmpty else {
            if instances.contains(where: { $0.kind == "KIND_GPU" }) {
                remarks.append("it ran on a GPU; here it runs on the processors, as many at a time as there are")
            }
            return
        }
        let count = onProcessors.reduce(0) { $0 &+ max(0, min($1.count, 1024)) }
        if (1...1024).contains(count) { settings.instances = count }
    }
}
