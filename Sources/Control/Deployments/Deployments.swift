package import Home
package import Registry
package import Release
import Tensors
import Trust

/// Endpoints and their revisions, as the home records them. The command line and the server call the same functions.
package struct Deployments: Sendable {
    /// The versions that can be deployed, and the home they are in.
    package let registry: ModelRegistry
    private let tunings: TuningRecords?

    /// The endpoints of the same home.
    ///
    /// - Parameter engines: those that versions will run on; without them nothing that was measured is used.
    package init(_ registry: ModelRegistry, engines: (any EngineSource)? = nil) {
        self.registry = registry
        tunings = engines.map { TuningRecords(registry, engines: $0) }
    }

    private var database: HomeDatabase { registry.database }

    /// The names of all endpoints, withdrawn ones among them.
    package func endpoints() throws -> [EndpointName] {
        try database.read { try $0.endpoints().map { try EndpointName($0.name) } }
    }

    /// Everything an endpoint has been; empty for a name that was never deployed.
    package func history(of endpoint: EndpointName) throws -> EndpointHistory {
        try database.read { try $0.history(of: endpoint) }
    }

    /// What an endpoint has been of late, what is in force or on its way among it: for those who need no more, since
    /// reading everything that it has been takes time and memory that grow with every revision.
    package func recentHistory(of endpoint: EndpointName) throws -> EndpointHistory {
        try database.read { try $0.recentHistory(of: endpoint) }
    }

    /// Revisions of an endpoint, newest first, a page at a time.
    ///
    /// - Parameter before: the last number of the page before.
    package func revisions(
        of endpoint: EndpointName, before: Int? = nil, limit: Int = 1000
    ) throws -> Page<EndpointHistory.Entry, Int> {
        try database.read { snapshot in
            try snapshot.revisions(of: endpoint.text, before: before, limit: limit).map(
                EndpointHistory.Entry.init(row:))
        }
    }

    /// What a request would change. Nothing is written.
    ///
    /// - Parameter allowsOlder: as in `submit`.
    /// - Throws: `ReleaseError` when it cannot be, `SealError` when the home asks for seals and they forbid it.
    package func plan(
        _ request: ReleaseRequest, for endpoint: EndpointName, allowsOlder: Bool = false
    ) throws -> Plan {
        let request = try prepared(request, for: endpoint)
        return try database.read { snapshot in
            let history = try snapshot.history(for: request, of: endpoint)
            let plan = try Planner.plan(request, history: history, quarantined: snapshot.quarantined(at: endpoint))
            _ = try snapshot.requireSeals(of: plan, history, allowsOlder: allowsOlder)
            return plan
        }
    }

    /// Writes the next revision, pending: a running server carries it out, or the next one that starts.
    ///
    /// - Parameters:
    ///   - allowsOlder: where the home asks for seals, also a version that is older than the one whose place it takes; the
    ///     history notes it.
    ///   - rollout: how it goes on from there by itself; `request` is then the one of `Deployments.request(_:_:)`.
    ///   - isDriven: whether the request comes from a rollout under way; others must not deploy meanwhile.
    ///   - planned: the plan that somebody has seen: the endpoint must be where it was when that was made.
    ///   - alongside: what is to be written with the revision, or not at all.
    /// - Returns: the plan, and the revision unless the plan was empty.
    /// - Throws: `ReleaseError` when it cannot be, `stale` among them when somebody was there before; `SealError` when the
    ///   home asks for seals and they forbid it.
    package func submit(
        _ request: ReleaseRequest, for endpoint: EndpointName, author: String? = nil, note: String? = nil,
        allowsOlder: Bool = false, rollout: RolloutPolicy? = nil, isDriven: Bool = false, planned: Plan? = nil,
        alongside: (Transaction, Revision) throws -> Void = { _, _ in }
    ) throws -> (plan: Plan, revision: Revision?) {
        let request = try prepared(request, for: endpoint)
        return try database.write { transaction in
            var history = try transaction.history(for: request, of: endpoint)
            let plan = try Planner.plan(
                request, history: history, quarantined: transaction.quarantined(at: endpoint))
            if let planned, planned.base != plan.base { throw planned.stale(at: plan.base) }
            guard !plan.isEmpty else { return (plan, nil) }
            if !isDriven { try transaction.refuse(request, duringRolloutAt: endpoint) }
            let remark = try transaction.requireSeals(of: plan, history, allowsOlder: allowsOlder)
            let notes = [note, remark].compactMap(\.self)
            let note = notes.isEmpty ? nil : notes.joined(separator: "; ")
            let revision = try history.append(plan, author: author, note: note, at: Int(transaction.now.milliseconds))
            let row = try transaction.appendRevision(
                of: endpoint.text, spec: revision.json.encodedString(), digests: Array(revision.spec.digests),
                cause: "\(revision.cause)", note: note ?? "")
            guard row.number == revision.number else {
                throw ControlError(
                    .damaged, "revision \(revision.number) of '\(endpoint)' was recorded as \(row.number)")
            }
            if let rollout, let base = plan.base, let digest = request.candidate?.digest {
                try transaction.beginRollout(
                    at: endpoint.text, revision: revision.number, base: base, digest: digest,
                    policy: rollout.json.encodedString())
            }
            try alongside(transaction, revision)
            return (plan, revision)
        }
    }

    /// Records what became of a revision; a healthy one is in force from now on. What is recorded already is not written
    /// again, and not told as news: a server that comes back changes nothing.
    package func record(_ outcome: RevisionOutcome, of revision: Revision) throws {
        let isKnown = try database.read { snapshot in
            guard outcome == .healthy, try snapshot.endpoint(revision.endpoint.text)?.active == revision.number,
                let row = try snapshot.revision(revision.number, of: revision.endpoint.text)
            else { return false }
            return try EndpointHistory.Entry(row: row).outcome == outcome
        }
        guard !isKnown else { return }
        try database.write { try $0.record(outcome, of: revision.number, endpoint: revision.endpoint) }
    }

    /// A version as a candidate for an endpoint, with what was measured to be best for it here.
    ///
    /// - Throws: `RegistryError` when the reference names none.
    package func candidate(_ reference: Reference) throws -> Candidate {
        let record = try registry.resolve(reference)
        return Candidate(
            version: try VersionReference("\(record.model):\(record.number)"), digest: record.digest.description,
            tuning: try tunings?.finding(for: record.digest).tuning)
    }

    /// Why what was measured for a version elsewhere is not used here; `nil` when nothing was, or it is.
    package func tuningDoubt(_ reference: Reference) throws -> String? {
        try tunings?.finding(for: registry.resolve(reference).digest).doubt
    }

    /// Lifts a quarantine.
    package func release(_ digest: String, at endpoint: EndpointName) throws {
        try database.write { try $0.clearMark(ofDigest: digest, at: endpoint.text) }
    }
}

extension HomeReading {
    /// Everything an endpoint has been, oldest first.
    func history(of endpoint: EndpointName) throws -> EndpointHistory {
        try history(of: endpoint, limit: Self.mostRevisions).history
    }

    /// The newest revisions, oldest first: so many that what is in force or on its way is among them, if there is such a
    /// revision.
    func recentHistory(of endpoint: EndpointName) throws -> EndpointHistory {
        var limit = 8
        while true {
            let (history, isWhole) = try history(of: endpoint, limit: limit)
            guard history.current == nil, !isWhole, limit < Self.mostRevisions else { return history }
            limit = min(8 * limit, Self.mostRevisions)
        }
    }

    /// What a request has to look at: only who goes back looks far.
    func history(for request: ReleaseRequest, of endpoint: EndpointName) throws -> EndpointHistory {
        if case .rollback = request { return try history(of: endpoint) }
        return try recentHistory(of: endpoint)
    }

    private func history(of endpoint: EndpointName, limit: Int) throws -> (history: EndpointHistory, isWhole: Bool) {
        let page = try revisions(of: endpoint.text, limit: limit)
        let entries = try page.items.reversed().map(EndpointHistory.Entry.init(row:))
        return (try EndpointHistory(endpoint, entries: entries), page.next == nil)
    }

    private static var mostRevisions: Int { 1000 }

    /// Digests that may not enter service at an endpoint.
    func quarantined(at endpoint: EndpointName) throws -> Set<String> {
        Set(try marks(.quarantined).filter { $0.endpoint == endpoint.text }.map(\.digest))
    }
}

extension EndpointHistory.Entry {
    fileprivate init(row: RevisionRow) throws {
        self.init(
            try Revision(json: JSONValue.parse(Array(row.spec.utf8))),
            try row.outcome.map { try RevisionOutcome(json: JSONValue.parse(Array($0.utf8))) } ?? .pending)
    }
}

extension Transaction {
    /// Records what became of a revision; a healthy one is in force from now on.
    func record(_ outcome: RevisionOutcome, of number: Int, endpoint: EndpointName) throws {
        try setOutcome(outcome.json.encodedString(), ofRevision: number, of: endpoint.text)
        if outcome == .healthy { try activate(number, of: endpoint.text) }
    }
}

extension HomeReading {
    /// A rollout decides about shares until it is ended aloud.
    fileprivate func refuse(_ request: ReleaseRequest, duringRolloutAt endpoint: EndpointName) throws {
        guard request.candidate != nil, try activeRollout(of: endpoint.text) != nil else { return }
        throw ReleaseError(
            .conflict, "'\(endpoint)': a rollout is under way",
            help: "look at it with 'slipway rollout'; 'slipway rollout abort' ends it")
    }
}

extension Plan {
    /// Says that somebody else was there in between.
    ///
    /// - Parameter number: the revision that the endpoint is at now.
    package func stale(at number: Int?) -> ReleaseError {
        func words(_ number: Int?) -> String { number.map { "revision \($0)" } ?? "no revision" }
        return ReleaseError(
            .stale, "'\(endpoint)': the plan was made at \(words(base)), and it is at \(words(number)) now",
            help: "somebody else has changed it: look at the plan again")
    }
}

extension ReleaseRequest {
    /// Whether a rollout's evidence can decide about it; else it is simply so.
    package var canBeRolledOut: Bool {
        switch self {
        case .canary, .shadow, .replace: true
        case .deploy, .promote, .rollback, .undeploy, .settle: false
        }
    }

    /// The version that it brings in.
    var candidate: Candidate? {
        switch self {
        case .deploy(let candidate, _), .canary(let candidate, _), .shadow(let candidate, _), .replace(let candidate):
            candidate
        case .promote, .rollback, .undeploy, .settle: nil
        }
    }
}
