import Engines
import Logging

/// A request that has its answer, for metrics, observers and the log.
struct AnsweredRequest {
    var id: String
    /// The first word of the request: HTTP's method, or gRPC's.
    var method: String
    var receivedAt: UInt64
    var status: HTTPStatus
    /// Set for an inference request that picked a version.
    var job: InferenceJob?
    /// The trace that it says it belongs to.
    var trace: TraceContext?

    init(id: String, method: String, receivedAt: UInt64, status: HTTPStatus, job: InferenceJob?) {
        self.id = id
        self.method = method
        self.receivedAt = receivedAt
        self.status = status
        self.job = job
    }
}

extension LoopState {
    /// Counts, shows and logs an answer that was handed to the socket.
    ///
    /// - Parameter send: hands it over at last; called before somebody looks at the answer.
    func record(_ request: AnsweredRequest, at now: UInt64, send: () -> Void) {
        if let job = request.job {
            job.times.answered = now
            job.arm.metrics.record(request.status, job.times, rows: job.rowCount)
            job.arm.metrics.evidence.record(job, request.status)
            if let mirroring = job.arm.mirroring, request.status == .ok {
                mirroring.offer(job, id: request.id, to: plane.mirrors, at: now, send: send)
            }
            // What is far outside says nothing of the traffic that the fallback version would have.
            if request.status == .ok, !job.isGivenAway {
                job.arm.servable.tap.offer(job)
                job.arm.servable.recorder.offer(job)
                job.arm.servable.memory.remember(job, id: request.id)
            }
            if plane.traces.isOpen { plane.traces.offer(request, job) { ids.random() } }
            if let onCompleted = plane.configuration.onCompleted {
                send()
                onCompleted(
                    CompletedInference(
                        endpoint: job.arm.endpoint, servable: job.arm.servable, requestID: request.id,
                        inputs: job.inputs, outputs: job.slots, status: request.status.rawValue,
                        nanoseconds: now &- request.receivedAt))
            }
        }
        log(request, at: now)
    }

    /// Logs an answer that is slow, or the server's fault, or with every other.
    func log(_ request: AnsweredRequest, at now: UInt64) {
        let (nanoseconds, status) = (now &- request.receivedAt, request.status.rawValue)
        // The configuration as a whole is not copied, which would take a reference to everything in it.
        let isSlow = nanoseconds >= plane.configuration.slowRequest
        guard plane.configuration.logsEveryRequest || isSlow || status >= 500, let suppressed = admitLine(now)
        else { return }
        let level: Logger.Level =
            status >= 500 ? .warning : isSlow ? .notice : .info
        var metadata: Logger.Metadata = [
            "request_id": "\(request.id)", "method": "\(request.method)", "status": "\(status)",
            "milliseconds": "\(Double(nanoseconds / 1000) / 1000)",
        ]
        if let arm = request.job?.arm {
            metadata["endpoint"] = "\(arm.endpoint)"
            metadata["version"] = "\(arm.servable.version)"
        }
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        plane.logger.log(level: level, "request answered", metadata: metadata)
    }

    /// The engine's own words, which the client does not get.
    func log(_ failure: EngineError, of job: InferenceJob, requestID: String, at now: UInt64) {
        guard admitLine(now) != nil else { return }
        plane.logger.error(
            "run failed",
            metadata: [
                "request_id": "\(requestID)", "endpoint": "\(job.arm.endpoint)",
                "version": "\(job.arm.servable.version)", "reason": "\(failure)",
            ])
    }

    /// With every request logged, nothing is held back.
    private func admitLine(_ now: UInt64) -> Int? {
        plane.configuration.logsEveryRequest ? 0 : admitLogLine(now: now)
    }
}
