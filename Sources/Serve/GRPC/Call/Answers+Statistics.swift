import Monitor

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
    /// `ModelStatistics`. Requests are counted, not the rows in them.
    fileprivate mutating func statistics(of arm: LiveArm) {
        let counted = arm.metrics.statistics
        string(1, arm.endpoint)
        string(2, arm.servable.version)
        uint64(4, UInt64(counted.successes))
        uint64(5, UInt64(counted.runs))
        message(6) { writer in
            writer.duration(1, count: UInt64(counted.successes), seconds: counted.total.sum)
            writer.duration(2, count: UInt64(max(0, counted.requests - counted.successes)), seconds: 0)
            writer.duration(3, counted.queue)
            writer.duration(4, counted.decode)
            writer.duration(5, counted.run)
            writer.duration(6, counted.encode)
        }
    }

    private mutating func duration(_ number: Int, _ stage: HistogramSnapshot) {
        duration(number, count: stage.count, seconds: stage.sum)
    }

    /// `StatisticDuration`.
    private mutating func duration(_ number: Int, count: UInt64, seconds: Double) {
        message(number) { writer in
            writer.uint64(1, count)
            writer.uint64(2, UInt64(max(0, min(seconds * 1e9, 9e18))))
        }
    }
}
