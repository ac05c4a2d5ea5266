import Home
import Logging
import Release
import ServiceLifecycle
import Tensors

/// Carries rollouts out: looks at the evidence ten times a second, and at once after a failure; writes a revision for each
/// share, for promotion and for going back; keeps what is known in the home.
actor RolloutDriver: Service {
    private struct Course {
        let record: RecordedRollout
        /// `nil` until its first revision is in force.
        var subject: RolloutSubject?
        var rollout: Rollout?
        /// When it was last written down, and whether something was found since.
        var keptAt = 0
        var isChanged = false
    }

    private let deployments: Deployments
    private let source: any RolloutSource
    private let bringInLine: @Sendable (EndpointName) async -> Void
    /// Milliseconds since 1970-01-01 UTC.
    private let now: @Sendable () -> Int
    private let logger: Logger
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var courses: [EndpointName: Course] = [:]
    private var readAt = Int.min
    private var isBusy = false

    private static let interval = Duration.milliseconds(100)
    /// Milliseconds between looks into the home for new rollouts, and between two records of the same one.
    private static let readingInterval = 500
    private static let keepingInterval = 1000
    private static let author = "rollout"
    /// Looks for which somebody waits who ended it.
    private static let mostWaits = 300

    /// - Parameters:
    ///   - wakes: what comes here makes it look at once, with the stream's continuation.
    ///   - bringInLine: has the platform carry out an endpoint's newest revision.
    init(
        deployments: Deployments, source: any RolloutSource,
        wakes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation),
        bringInLine: @escaping @Sendable (EndpointName) async -> Void, now: @escaping @Sendable () -> Int,
        logger: Logger
    ) {
        self.deployments = deployments
        self.source = source
        (self.wakes, wake) = wakes
        self.bringInLine = bringInLine
        self.now = now
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [wake] in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    while (try? await Task.sleep(for: Self.interval)) != nil { wake.yield() }
                }
                for await _ in self.wakes { await self.tick() }
                tasks.cancelAll()
            }
        }
        for course in courses.values { keep(course) }
    }

    /// Looks at every rollout under way.
    func tick() async {
        // Carrying a share out lets others in.
        guard !isBusy else { return }
        isBusy = true
        defer { isBusy = false }
        do {
            if now() >= readAt { try await read() }
            for endpoint in courses.keys.sorted() { try await look(at: endpoint) }
        } catch {
            logger.error("a rollout could not be looked after", metadata: ["error": "\(error)"])
        }
    }

    /// Finds rollouts that began and those that are over.
    private func read() async throws {
        readAt = now() + Self.readingInterval
        let records = try deployments.activeRollouts()
        for record in records where courses[record.endpoint]?.record.number != record.number {
            courses[record.endpoint] = Course(record: record, rollout: record.rollout)
        }
        for (endpoint, course) in courses where !records.contains(where: { $0.number == course.record.number }) {
            await end(endpoint, course)
        }
    }

    private func look(at endpoint: EndpointName) async throws {
        try await begin(at: endpoint)
        guard let subject = courses[endpoint]?.subject, let observation = await source.observe(subject, at: now()),
            // Only now: somebody may have spoken to it meanwhile.
            var course = courses[endpoint], var rollout = course.rollout
        else { return }
        let records = rollout.records.count
        var actions: [Rollout.Action] = []
        if let event = try ending(course, observation) { actions = rollout.handle(event) }
        if actions.isEmpty { actions = rollout.handle(.observed(observation)) }
        course.isChanged =
            course.isChanged || observation.stable.requests + observation.canary.requests > 0
            || rollout.records.count > records
        course.rollout = rollout
        courses[endpoint] = course
        if rollout.records.count > records || (course.isChanged && now() - course.keptAt >= Self.keepingInterval) {
            keep(course)
        }
        for action in actions { try await perform(action, endpoint) }
    }

    /// Begins to count once the first revision is in force, or goes on after a restart.
    private func begin(at endpoint: EndpointName) async throws {
        guard var course = courses[endpoint], course.subject == nil else { return }
        let history = try deployments.history(of: course.record.endpoint)
        guard let first = history.entry(course.record.revision), first.outcome != .pending else { return }
        guard let subject = subject(of: course.record, history) else { return await giveUp(endpoint, course) }
        guard await source.observe(subject, at: now()) != nil else { return }
        if course.rollout == nil {
            let baseline = await source.baseline(of: subject, course.record.policy)
            course.rollout = Rollout(course.record.policy, baseline, at: now())
        }
        guard let rollout = course.rollout else { return }
        await source.open(subject, rollout.evidence.baseline)
        course.subject = subject
        course.isChanged = true
        courses[endpoint] = course
        keep(course)
    }

    /// What somebody did by other means: promoted it, or took it back.
    private func ending(_ course: Course, _ observation: RolloutObservation) throws -> Rollout.Event? {
        guard let rollout = course.rollout, rollout.phase != .promoting, rollout.phase != .rollingBack,
            let current = try deployments.recentHistory(of: course.record.endpoint).current
        else { return nil }
        let isIn = current.spec.canary?.digest == course.record.digest
        if course.record.policy.strategy.replacesAtOnce {
            return current.spec.stable?.digest == course.record.digest ? nil : .abort(by: current.author ?? "somebody")
        }
        guard !isIn else { return nil }
        let person = current.author ?? "somebody"
        return current.spec.stable?.digest == course.record.digest ? .promote(by: person) : .abort(by: person)
    }

    /// The two versions; `nil` when its first revision failed.
    private func subject(of record: RecordedRollout, _ history: EndpointHistory) -> RolloutSubject? {
        guard let first = history.entry(record.revision), !first.outcome.isFailed,
            let stable = history.entry(record.base)?.revision.spec.stable,
            let candidate = first.revision.spec.arms.first(where: { $0.digest == record.digest })
        else { return nil }
        return RolloutSubject(endpoint: record.endpoint, stable: stable, candidate: candidate)
    }

    private func giveUp(_ endpoint: EndpointName, _ course: Course) async {
        try? deployments.drop(rollout: course.record.number)
        await end(endpoint, course)
    }

    private func end(_ endpoint: EndpointName, _ course: Course) async {
        courses[endpoint] = nil
        if let subject = course.subject { await source.close(subject) }
    }

    private func keep(_ course: Course) {
        guard let rollout = course.rollout else { return }
        do {
            try deployments.keep(rollout, number: course.record.number)
            courses[course.record.endpoint]?.keptAt = now()
            courses[course.record.endpoint]?.isChanged = false
        } catch {
            logger.error(
                "a rollout could not be written down",
                metadata: ["endpoint": "\(course.record.endpoint)", "error": "\(error)"])
        }
    }
}

// MARK: - Acting

extension RolloutDriver {
    private func perform(_ action: Rollout.Action, _ endpoint: EndpointName) async throws {
        guard let course = courses[endpoint], let subject = course.subject else { return }
        switch action {
        case .hold(let reason):
            logger.notice("rollout holds", metadata: ["endpoint": "\(endpoint)", "reason": "\(reason)"])
        case .shift(let share):
            guard share > 0, share < TrafficSplit.whole else { return }
            let request = ReleaseRequest.canary(subject.candidate.candidate, share: try Share(basisPoints: share))
            logger.notice("rollout goes on", metadata: ["endpoint": "\(endpoint)", "share": "\(Share.text(share))"])
            try await carryOut(request, endpoint, note: "rollout \(course.record.number)")
        case .promote:
            let request = course.record.policy.strategy.replacesAtOnce ? ReleaseRequest.settle : .promote
            try await conclude(request, endpoint)
        case .rollBack: try await conclude(.rollback(to: course.record.base), endpoint)
        }
    }

    /// Brings the end about, unless it is there already, and writes down that it is.
    private func conclude(_ request: ReleaseRequest, _ endpoint: EndpointName) async throws {
        guard let before = courses[endpoint], let rollout = before.rollout, let record = rollout.records.last else {
            return
        }
        let spec = try deployments.recentHistory(of: endpoint).current?.spec
        let isBack = spec?.stable?.digest == before.subject?.stable.digest && spec?.canary == nil
        let isIn = spec?.stable?.digest == before.record.digest && spec?.canary == nil && spec?.shadows.isEmpty == true
        let isThere = rollout.phase == .promoting ? isIn : isBack
        if !isThere {
            try await carryOut(request, endpoint, note: "rollout \(before.record.number): \(record.reason)")
        }
        guard var course = courses[endpoint] else { return }
        _ = course.rollout?.handle(.carriedOut)
        courses[endpoint] = course
        keep(course)
        let word = course.rollout?.phase.name ?? ""
        logger.notice(
            "rollout is over",
            metadata: ["endpoint": "\(endpoint)", "outcome": "\(word)", "reason": "\(record.reason)"])
        await end(endpoint, course)
    }

    private func carryOut(_ request: ReleaseRequest, _ endpoint: EndpointName, note: String) async throws {
        _ = try deployments.submit(request, for: endpoint, author: Self.author, note: note, isDriven: true)
        await bringInLine(endpoint)
    }
}

// MARK: - People

extension RolloutDriver {
    /// What a person wants.
    enum Wish: String, CaseIterable {
        case pause, resume, abort, promote

        func event(by person: String) -> Rollout.Event {
            switch self {
            case .pause: .pause(by: person)
            case .resume: .resume(by: person)
            case .abort: .abort(by: person)
            case .promote: .promote(by: person)
            }
        }
    }

    /// Does what a person wants, and returns when it is in force.
    ///
    /// - Throws: `ReleaseError.Code.conflict` when nothing is under way.
    func carryOut(_ wish: Wish, at endpoint: EndpointName, by person: String) async throws {
        if courses[endpoint]?.subject == nil {
            readAt = .min
            await tick()
        }
        guard var course = courses[endpoint], var rollout = course.rollout else {
            throw ReleaseError(.conflict, "'\(endpoint)': no rollout is under way", help: "see 'slipway history'")
        }
        let actions = rollout.handle(wish.event(by: person))
        course.rollout = rollout
        courses[endpoint] = course
        keep(course)
        for action in actions { try await perform(action, endpoint) }
        // After a restart its versions may still be on their way in.
        for _ in 0..<Self.mostWaits {
            guard let phase = courses[endpoint]?.rollout?.phase, phase == .promoting || phase == .rollingBack else {
                return
            }
            await tick()
            try await Task.sleep(for: Self.interval)
        }
    }

    /// What is known of an endpoint's rollout, also of one that is over; `null` when there never was one.
    func json(_ endpoint: EndpointName) throws -> JSONValue {
        guard let record = try deployments.latestRollout(of: endpoint) else { return .null }
        let live = courses[endpoint].flatMap { $0.record.number == record.number ? $0.rollout : nil }
        return record.json(live ?? record.rollout)
    }
}

extension Arm {
    fileprivate var candidate: Candidate { Candidate(version: version, digest: digest, tuning: tuning) }
}
