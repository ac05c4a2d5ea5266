/// `ModelStatistics`.
///
/// Source: Triton's statistics extension.
extension LoopState {
    /// What was counted for one model, for one version of it, or for all.
    func statistics(_ message: MessageBytes) throws(RequestFault) -> ProtoWriter {
        let (name, version) = try message.withBytes { bytes throws(RequestFault) in try ModelName.read(bytes) }
        var arms = table.endpoints.values.flatMap(\.arms)
        if !name.isEmpty {
            let endpoint = try table.endpoint(name)
            arms = version.isEmpty ? endpoint.arms : [try endpoint.arm(version: version)]
        }
        var writer = ProtoWriter()
        for arm in arms.sorted(by: { ($0.endpoint, $0.servable.version) < ($1.endpoint, $1.servable.version) }) {
            writer.message(1) { $0.statistics(of: arm) }
        }
        return writer
    }
}

extension ProtoWriter {
    /// `ModelStatistics`.
    fileprivate mutating func statistics(of arm: LiveArm) {
        let counted = arm.metrics.statistics
        string(1, arm.endpoint)
        string(2, arm.servable.version)
        uint64(3, UInt64(clamping: counted.lastInference))
        uint64(4, UInt64(clamping: counted.inferences))
        uint64(5, UInt64(clamping: counted.executions))
        message(6) { writer in
            let parts = [
                counted.success, counted.failure, counted.queue, counted.input, counted.run, counted.output,
                counted.cacheHit, counted.cacheMiss,
            ]
            for (index, part) in parts.enumerated() { writer.duration(index + 1, part) }
        }
    }

    /// `StatisticDuration`.
    private mutating func duration(_ number: Int, _ part: ModelStatistics.Duration) {
        message(number) { writer in
            writer.uint64(1, UInt64(clamping: part.count))
            writer.uint64(2, UInt64(clamping: part.nanoseconds))
        }
    }
}
