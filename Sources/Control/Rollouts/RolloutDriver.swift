import Home
import Logging
import Release
import ServiceLifecycle
import Tensors

/// Carries rollouts out: looks at the evidence twenty times a second, and at once after a failure; writes a revision for each
/// share, for promotion and for going back; keeps what is known in the home.
actor RolloutDriver: Service {
    private struct Course {
        let record: RecordedRollout
        /// The digest of the version that its own takes the place of; `nil` where that is not known any more.
        let stable: String?
        /// `nil` until its first revision is in force.
        var subject: RolloutSubject?
        var rollout: Rollout?
        /// When it was last written down, and whether something was found since.
        var keptAt = 0
        var isChanged = false

        /// Where an endpoint has the version that is rolled out.
        enum Place {
            /// Beside the one that it is to take the place of; or in that place, where the strategy puts it there at once.
            case onTrial
            /// In that place.
            case inForce
            case gone
        }

        func place(in spec: EndpointSpec) -> Place {
            let isStable = spec.stable?.digest == record.digest
            if record.policy.strategy.replacesAtOnce { return isStable ? .onTrial : .gone }
            if isStable { return .inForce }
            // Beside a third version, it is somebody else's trial.
            guard stable == nil || spec.stable?.digest == stable else { return .gone }
            let role: Arm.Role = if case .shadow = record.policy.strategy { .shadow } else { .canary }
            return spec.arms.contains { $0.digest == record.digest && $0.role == role } ? .onTrial : .gone
        }
    }

    private let deployments: Deployments
    private let source: any RolloutSource
    private let bringInLine: @Sendable (EndpointName) async -> Void
    private let cutOff: @Sendable (EndpointName, String) async -> Void
    /// Milliseconds since 1970-01-01 UTC.
    private let now: @Sendable () -> Int
    private let logger: Logger
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var courses: [EndpointName: Course] = [:]
    /// When the home was last looked into; `nil` where it has to be at the next look.
    private var readAt: Int?
    private var isReading = false
    /// Endpoints that are looked at just now, and those that were to be looked at meanwhile.
    private var busy: Set<EndpointName> = []
    private var missed: Set<EndpointName> = []
    /// What was said last of what goes wrong, so that it is said once and not at every look.
    private var complaints: [String: String] = [:]

    private static let interval = Duration.milliseconds(50)
    /// Between two looks at an endpoint whose requests fail all the time.
    private static let breath = Ticker(every: .milliseconds(2))
    /// Milliseconds between looks into the home for new rollouts, and between two records of the same one.
    private static let readingInterval = 500
    private static let keepingInterval = 1000
    private static let author = "rollout"
    /// Looks for which somebody waits who ended it.
    private static let mostWaits = 600

    /// - Parameters:
    ///   - wakes: what comes here makes it look at once, with the stream's continuation.
    ///   - bringInLine: has the platform carry out an endpoint's newest revision.
    ///   - cutOff: has the platform divide no more requests to an endpoint's canary, at once, until its next revision.
    init(
        deployments: Deployments, source: any RolloutSource,
        wakes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation),
        bringInLine: @escaping @Sendable (EndpointName) async -> Void,
        cutOff: @escaping @Sendable (_ endpoint: EndpointName, _ digest: String) async -> Void,
        now: @escaping @Sendable () -> Int, logger: Logger
    ) {
        self.deployments = deployments
        self.source = source
        (self.wakes, wake) = wakes
        self.bringInLine = bringInLine
        self.cutOff = cutOff
        self.now = now
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [wake] in
            await withDiscardingTaskGroup { tasks in
                tasks.addTask {
                    let ticker = Ticker(every: Self.interval)
                    while await ticker.next() { wake.yield() }
                }
                // Each in a task of its own: an endpoint whose old version takes its time to leave keeps nobody waiting.
                for await _ in self.wakes { tasks.addTask { await self.tick() } }
                tasks.cancelAll()
            }
        }
        for course in courses.values { keep(course) }
    }

    /// A revision has come into force: has it looked at once whether it began a rollout, whose requests count from then on.
    func wakeUp() {
        readAt = nil
        wake.yield()
    }

    /// Looks at every rollout under way but those that are looked at already; returns when all have been.
    func tick() async {
        await attempt("the home's rollouts") {
            if readAt.map({ Lapse.isOver(Self.readingInterval, since: $0, at: now()) }) ?? true, !isReading {
                try await read()
            }
        }
        await withDiscardingTaskGroup { tasks in
            for endpoint in courses.keys { tasks.addTask { await self.lookUntilSeen(endpoint) } }
        }
    }

    /// One look at a time at each endpoint; what came meanwhile is looked at once more.
    private func lookUntilSeen(_ endpoint: EndpointName) async {
        guard busy.insert(endpoint).inserted else {
            missed.insert(endpoint)
            return
        }
        defer { busy.remove(endpoint) }
        await attempt(endpoint.text) { try await look(at: endpoint) }
        while missed.remove(endpoint) != nil, await Self.breath.next() {
            await attempt(endpoint.text) { try await look(at: endpoint) }
        }
    }

    /// What goes wrong at one endpoint is said, and stops no other.
    private func attempt(_ subject: String, _ body: () async throws -> Void) async {
        do {
            try await body()
            complaints[subject] = nil
        } catch {
            complain(subject, "\(error)")
        }
    }

    private func complain(_ subject: String, _ text: String) {
        guard complaints.updateValue(text, forKey: subject) != text else { return }
        logger.error(
            "a rollout could not be looked after", metadata: ["endpoint": "\(subject)", "error": "\(text)"])
    }

    /// Finds rollouts that began and those that are over.
    private func read() async throws {
        isReading = true
        defer { isReading = false }
        readAt = now()
        var found = try deployments.activeRollouts()
        for damaged in found.damaged { complain("rollout \(damaged.number)", damaged.error.message) }
        // What this process knows itself goes on, even when what was written down has been damaged since.
        let numbers = Set(found.readable.map(\.number) + found.damaged.map(\.number))
        let over = courses.filter { !numbers.contains($0.value.record.number) }
        for (endpoint, course) in over { await end(endpoint, course) }
        // While those were closed, others may have come to their end.
        if !over.isEmpty { found = try deployments.activeRollouts() }
        for record in found.readable where courses[record.endpoint] == nil {
            let base = try? deployments.history(of: record.endpoint).entry(record.base)
            courses[record.endpoint] = Course(
                record: record, stable: base?.revision.spec.stable?.digest, rollout: record.rollout)
        }
    }

    private func look(at endpoint: EndpointName) async throws {
        guard let looked = courses[endpoint] else { return }
        switch try standing(of: looked) {
        // Looked at all the same: should harm show meanwhile, its version is cut off.
        case .ending: break
        case .over(let event): return await conclude(looked, with: event)
        case .underWay: try await begin(at: endpoint)
        }
        guard let subject = courses[endpoint]?.subject, let observation = await source.observe(subject, at: now()),
            // Only now: somebody may have spoken to it meanwhile.
            var course = courses[endpoint], var rollout = course.rollout
        else { return }
        let records = rollout.records.count
        let actions = rollout.handle(.observed(observation))
        course.isChanged =
            course.isChanged || !observation.isEmpty || rollout.records.count > records
        course.rollout = rollout
        courses[endpoint] = course
        if rollout.records.count > records
            || (course.isChanged && Lapse.isOver(Self.keepingInterval, since: course.keptAt, at: now()))
        {
            keep(course)
        }
        for action in actions { try await perform(action, endpoint) }
    }

    /// Begins to count once the first revision is in force, or goes on after a restart.
    private func begin(at endpoint: EndpointName) async throws {
        guard let found = courses[endpoint], found.subject == nil else { return }
        let history = try deployments.history(of: endpoint)
        guard let first = history.entry(found.record.revision), first.outcome != .pending else { return }
        guard let subject = subject(of: found.record, history) else { return await giveUp(endpoint, found) }
        guard await source.observe(subject, at: now()) != nil else { return }
        let rollout =
            if let known = found.rollout {
                known
            } else {
                Rollout(found.record.policy, await source.baseline(of: subject, found.record.policy), at: now())
            }
        await source.open(subject, rollout.policy, rollout.evidence.baseline)
        // Only now: somebody may have spoken to it meanwhile.
        guard var course = courses[endpoint], course.record.number == found.record.number else {
            return await source.close(subject)
        }
        course.subject = subject
        course.rollout = course.rollout ?? rollout
        course.isChanged = true
        courses[endpoint] = course
        keep(course)
    }

    /// What others have made of a rollout's endpoint meanwhile.
    private enum Standing {
        /// Its version is on trial, as far as anybody else has to do with it.
        case underWay
        /// A revision that ends it is on its way, and may yet fail.
        case ending
        /// A revision that ended it is in force.
        case over(Rollout.Event)
    }

    /// What somebody did by other means: promoted its version, took it back, or withdrew the endpoint.
    private func standing(of course: Course) throws -> Standing {
        guard let current = try deployments.recentHistory(of: course.record.endpoint).currentEntry else {
            return .underWay
        }
        let person = current.revision.author ?? "somebody"
        let event: Rollout.Event
        switch (course.place(in: current.revision.spec), course.rollout?.phase) {
        case (.onTrial, _), (.inForce, nil), (.inForce, .promoting), (.inForce, .rollingBack): return .underWay
        case (.inForce, _): event = .promote(by: person)
        case (.gone, .rollingBack): event = .carriedOut
        case (.gone, _): event = .abort(by: person)
        }
        return current.outcome == .pending ? .ending : .over(event)
    }

    /// The two versions; `nil` when its first revision failed.
    private func subject(of record: RecordedRollout, _ history: EndpointHistory) -> RolloutSubject? {
        guard let first = history.entry(record.revision), !first.outcome.isFailed,
            let stable = history.entry(record.base)?.revision.spec.stable,
            let candidate = first.revision.spec.arms.first(where: { $0.digest == record.digest })
        else { return nil }
        return RolloutSubject(endpoint: record.endpoint, stable: stable, candidate: candidate)
    }

    /// Writes down an end that somebody else has brought about: what they wrote stands.
    private func conclude(_ course: Course, with event: Rollout.Event) async {
        let endpoint = course.record.endpoint
        guard course.rollout != nil else { return await giveUp(endpoint, course) }
        var course = course
        _ = course.rollout?.handle(event)
        _ = course.rollout?.handle(.carriedOut)
        courses[endpoint] = course
        await leave(course)
    }

    /// Writes down that a rollout is over, and counts no more for it.
    private func leave(_ course: Course) async {
        keep(course)
        logger.notice(
            "rollout is over",
            metadata: [
                "endpoint": "\(course.record.endpoint)", "outcome": "\(course.rollout?.phase.name ?? "")",
                "reason": "\(course.rollout?.records.last?.reason ?? "")",
            ])
        await end(course.record.endpoint, course)
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
            guard share > 0, share < TrafficSplit.whole, try isUnderWay(course) else { return }
            let request = ReleaseRequest.canary(subject.candidate.candidate, share: try Share(basisPoints: share))
            logger.notice("rollout goes on", metadata: ["endpoint": "\(endpoint)", "share": "\(Share.text(share))"])
            try await carryOut(request, endpoint, note: "rollout \(course.record.number)")
        case .promote:
            guard try isUnderWay(course) else { return }
            try await conclude(course.record.policy.strategy.promotion(of: subject.candidate.candidate), endpoint)
        case .rollBack:
            // First of all: writing a revision and letting go of a version takes time in which requests come.
            await cutOff(endpoint, subject.candidate.digest)
            guard try isUnderWay(course) else { return }
            try await conclude(.rollback(to: course.record.base), endpoint)
        }
    }

    /// Whether nobody else has ended it, or is about to: asked before anything is written, because looking takes time. The next
    /// look finds what came of it.
    private func isUnderWay(_ course: Course) throws -> Bool {
        if case .underWay = try standing(of: course) { true } else { false }
    }

    /// Whether its version has its place, and the one that it took it from is let go where the strategy keeps that for a while.
    private func isPromoted(_ course: Course) throws -> Bool {
        guard let spec = try deployments.recentHistory(of: course.record.endpoint).current?.spec,
            spec.stable?.digest == course.record.digest
        else { return false }
        return !course.record.policy.strategy.replacesAtOnce || spec.isSettled
    }

    /// Brings the end about, unless it is there already, and writes down that it is.
    private func conclude(_ request: ReleaseRequest, _ endpoint: EndpointName) async throws {
        guard let before = courses[endpoint], let rollout = before.rollout, let record = rollout.records.last else {
            return
        }
        // A promotion may have been written before the process died, or by somebody.
        if try rollout.phase != .promoting || !isPromoted(before) {
            try await carryOut(request, endpoint, note: "rollout \(before.record.number): \(record.reason)")
        }
        guard var course = courses[endpoint], course.record.number == before.record.number else { return }
        _ = course.rollout?.handle(.carriedOut)
        courses[endpoint] = course
        await leave(course)
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
            readAt = nil
            await tick()
        }
        guard var course = courses[endpoint], var rollout = course.rollout else {
            if try await endDamaged(wish, endpoint, person) { return }
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

    /// Ends a rollout of which nothing can be read, as a person wants it ended.
    ///
    /// - Returns: `false` when there is none, or the wish is not for an end.
    private func endDamaged(_ wish: Wish, _ endpoint: EndpointName, _ person: String) async throws -> Bool {
        guard let damaged = try deployments.activeRollouts().damaged.first(where: { $0.endpoint == endpoint.text })
        else { return false }
        switch wish {
        case .pause, .resume: throw damaged.error
        case .abort:
            // Where its version is out already, what people have made of the endpoint stands.
            let arms = try deployments.recentHistory(of: endpoint).current?.spec.arms ?? []
            guard arms.contains(where: { $0.digest == damaged.digest }) else { break }
            try await carryOut(.rollback(to: damaged.base), endpoint, note: "ended by \(person)")
        case .promote: try await carryOut(.promote, endpoint, note: "promoted by \(person)")
        }
        try deployments.drop(rollout: damaged.number)
        return true
    }

    /// What is known of an endpoint's rollout, also of one that is over; `null` when there never was one.
    func json(_ endpoint: EndpointName) throws -> JSONValue {
        guard let record = try deployments.latestRollout(of: endpoint) else { return .null }
        let live = courses[endpoint].flatMap { $0.record.number == record.number ? $0.rollout : nil }
        return record.json(live ?? record.rollout)
    }
}

extension RolloutStrategy {
    /// What brings the version of a rollout to everything.
    fileprivate func promotion(of candidate: Candidate) -> ReleaseRequest {
        switch self {
        case .blueGreen: .settle
        case .shadow: .deploy(candidate)
        case .allAtOnce, .canary, .split, .challenger: .promote
        }
    }
}

extension Arm {
    fileprivate var candidate: Candidate { Candidate(version: version, digest: digest, tuning: tuning) }
}
