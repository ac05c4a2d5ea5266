import NIOCore
import NIOHTTP1
import Trust

extension HTTPConnection {
    /// Picks the version that answers, and makes ready for the body.
    func exchange(
        _ match: RouteMatch, _ facts: RequestFacts, _ headers: HTTPHeaders, _ identity: Identity
    ) throws(RequestFault) -> any InferenceExchange {
        let configuration = loop.plane.configuration
        try MediaType.check(facts.contentType)
        if let length = facts.contentLength, length > configuration.limits.bodyBytes {
            throw RequestFault(
                .bodyTooLarge,
                "the request's body has \(length) bytes; at most \(configuration.limits.bodyBytes) are taken",
                closesConnection: true)
        }
        let endpoint = try loop.table.endpoint(match.model ?? "")
        let arm =
            if let version = match.version {
                try endpoint.arm(version: version)
            } else {
                try endpoint.pick(headers, identity, random: loop.ids.random())
            }
        let job = InferenceJob(arm: arm, receivedAt: readAt, deadline: readAt &+ configuration.requestTimeout)
        return try V2Exchange(
            job: job, pool: loop.plane.pool, length: facts.isChunked ? nil : facts.contentLength ?? 0,
            headerLength: facts.inferenceHeaderLength)
    }

    /// The body is complete: fills the tensors, then runs or queues.
    func decode(_ exchange: any InferenceExchange) {
        let job = exchange.job
        job.times.complete = MonotonicClock.now()
        do throws(RequestFault) {
            try exchange.finish()
        } catch {
            return answer(error)
        }
        job.times.decoded = MonotonicClock.now()
        let predicted = job.arm.servable.calibration.predictedNanoseconds(elements: job.elementCount)
        let isInline = predicted < loop.plane.configuration.inlineBelow
        job.arm.metrics.ran(inline: isInline)
        if isInline {
            job.run()
            conclude(exchange)
        } else {
            queue(exchange)
        }
    }

    private func queue(_ exchange: any InferenceExchange) {
        let job = exchange.job
        let bound = NIOLoopBound((self, job), eventLoop: loop.eventLoop)
        let task = RunThreads.Task(job: job, eventLoop: loop.eventLoop) {
            let (connection, job) = bound.value
            connection.completed(job)
        }
        enter(.waiting, at: job.times.decoded)
        guard loop.plane.runThreads.submit(task) else {
            return answer(RequestFault(.queueFull, "as many requests wait as this server queues; try again shortly"))
        }
        scheduleDeadline(bound, job)
    }

    /// Deadlines that the loop's own ticks would notice late get a timer.
    private func scheduleDeadline(_ bound: NIOLoopBound<(HTTPConnection, InferenceJob)>, _ job: InferenceJob) {
        let now = job.times.decoded
        let rest = job.deadline > now ? job.deadline - now : 0
        guard rest < 5 * HTTPLimits.second else { return }
        deadlineTask = loop.eventLoop.scheduleTask(in: .nanoseconds(Int64(rest) + 1)) {
            let (connection, job) = bound.value
            connection.expire(job)
        }
    }

    /// A run thread is done with a job, or did not run it.
    private func completed(_ job: InferenceJob) {
        guard phase == .waiting, let exchange = current?.exchange, exchange.job === job else { return }
        conclude(exchange)
        handlePending()
    }

    /// Answers 504 if the job still waits.
    private func expire(_ job: InferenceJob) {
        guard phase == .waiting, current?.exchange?.job === job, job.cancel() else { return }
        answer(.late)
        handlePending()
    }

    func expireIfLate(_ now: UInt64) {
        if let job = current?.exchange?.job, now >= job.deadline { expire(job) }
    }

    /// Answers with what the run gave.
    private func conclude(_ exchange: any InferenceExchange) {
        deadlineTask?.cancel()
        deadlineTask = nil
        let job = exchange.job
        guard job.hasRun else { return answer(.late) }
        if let failure = job.failure {
            log(failure, job)
            return answer(RequestFault(failure, model: job.arm.endpoint))
        }
        do throws(RequestFault) {
            try reply(exchange)
        } catch {
            answer(error)
        }
    }
}

extension RequestFault {
    fileprivate static let late = RequestFault(
        .deadlineExceeded, "the request's time was over before it could run")
}

/// What an inference request may say its body is.
enum MediaType {
    /// JSON, bytes, or nothing said. Forms are what curl says by itself; other types that a page can send without the
    /// browser asking first are refused.
    ///
    /// - Throws: `RequestFault.Code.unsupportedMediaType`.
    static func check(_ contentType: String?) throws(RequestFault) {
        guard let contentType, !contentType.isEmpty else { return }
        let type = ASCII.trimmed(contentType.utf8.prefix { $0 != UInt8(ascii: ";") })
        let isKnown =
            ASCII.equals(type, "application/json") || ASCII.equals(type, "application/octet-stream")
            || ASCII.equals(type, "application/x-www-form-urlencoded")
        guard isKnown else {
            throw RequestFault(
                .unsupportedMediaType, "expected a body of application/json or application/octet-stream")
        }
    }
}
