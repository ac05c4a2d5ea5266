import Home
import Logging
import Registry
import Release
import ServiceLifecycle
import Tensors
import Trust

/// Brings about what a file declares while a server runs (`serve -f`): endpoints that name a version get it once, and again
/// when the file says something else of them; endpoints that follow something follow it.
///
/// What the file said of an endpoint is written with the revision that carries it out. So nothing is done twice over a restart,
/// and what a person or a rollout did since stands until the file changes.
actor FollowDesk: Service {
    private let declared: DeclaredList
    private let deployments: Deployments
    private let ticker: Ticker
    private let carryOut: @Sendable (EndpointName) async -> Void
    private let logger: Logger
    private let written = AsyncStream.makeStream(of: EndpointName.self)

    private var list: EndpointList?
    private var followers: [Follower] = []
    /// Endpoints that name a version, and have what the list says of them.
    private var settled: Set<EndpointName> = []
    /// What keeps others from it, said once.
    private var troubles: [EndpointName: String] = [:]
    private var trouble: String?
    /// How the file looked at the last look, and when it was read.
    private var seen: String?
    private var stamp: String?
    private var isUsable = false

    private static let author = "list"

    /// - Parameter carryOut: has the server carry out an endpoint's newest revision.
    init(
        _ declared: DeclaredList, deployments: Deployments, ticker: Ticker? = nil,
        carryOut: @escaping @Sendable (EndpointName) async -> Void, logger: Logger
    ) {
        self.declared = declared
        self.deployments = deployments
        self.ticker = ticker ?? Ticker(every: declared.every)
        self.carryOut = carryOut
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [ticker, carryOut, written] in
            await withDiscardingTaskGroup { tasks in
                // A version that takes its time to come in keeps nobody from looking.
                tasks.addTask { for await endpoint in written.stream { await carryOut(endpoint) } }
                repeat { await self.look() } while await ticker.next()
                tasks.cancelAll()
            }
        }
    }

    /// Looks at the file, and at what it says, once. Endpoints come one after the other, so that imports do not pile up.
    func look() async {
        begin()
        for follower in followers where !Task.isCancelled { await follower.look() }
    }

    /// The part that takes no time: reads the file and writes revisions for endpoints that name a version.
    func begin() {
        readAgain()
        for entry in list?.entries ?? [] where entry.following == nil && !settled.contains(entry.endpoint) {
            do {
                try bringAbout(entry)
                settled.insert(entry.endpoint)
                troubles[entry.endpoint] = nil
            } catch {
                let text = Follower.text(error)
                guard troubles.updateValue(text, forKey: entry.endpoint) != text else { continue }
                logger.warning("the list waits", metadata: ["endpoint": "\(entry.endpoint)", "reason": "\(text)"])
            }
        }
    }

    // MARK: - The file

    private func readAgain() {
        let now = declared.stamp
        defer { seen = now }
        guard let now else { return complain("'\(declared.path)' is not there; what it said last holds") }
        guard now != stamp else {
            if isUsable { trouble = nil }
            return
        }
        // One that is being written is read when it stands still.
        guard now == seen || list == nil else { return }
        stamp = now
        do {
            take(try declared.read())
            (isUsable, trouble) = (true, nil)
        } catch {
            isUsable = false
            complain("'\(declared.path)' cannot be used, and what it said last holds: \(Follower.text(error))")
        }
    }

    private func complain(_ text: String) {
        guard trouble != text else { return }
        trouble = text
        logger.error("\(text)")
        tell("list.refused", ("reason", .string(text)))
    }

    private func take(_ new: EndpointList) {
        let before = Dictionary(list?.entries.map { ($0.endpoint, $0.text) } ?? []) { $1 }
        let kept = Dictionary(followers.map { ($0.entry.endpoint, $0) }) { $1 }
        let changed = Set(new.entries.filter { before[$0.endpoint] != $0.text }.map(\.endpoint))
        followers = new.entries.compactMap { entry in
            if let follower = kept[entry.endpoint], !changed.contains(entry.endpoint) { return follower }
            return follower(entry)
        }
        settled.subtract(changed)
        let names = Set(new.entries.map(\.endpoint))
        troubles = troubles.filter { names.contains($0.key) }
        list = new
        logger.notice(
            "the list was read",
            metadata: ["file": "\(declared.path)", "endpoints": "\(names.count)", "following": "\(followers.count)"])
        tell("list.read", ("endpoints", .integer(names.count)))
    }

    private func follower(_ entry: EndpointList.Entry) -> Follower? {
        let (logger, endpoint, written) = (logger, entry.endpoint, written.continuation)
        return Follower(entry, deployments, work: declared.work) { notice in
            logger.notice("\(notice.text)", metadata: ["endpoint": "\(endpoint)"])
            if case .started = notice { written.yield(endpoint) }
        } say: { text in
            logger.notice("\(text)")
        }
    }

    private func tell(_ kind: String, _ data: (String, JSONValue?)) {
        deployments.registry.database.events.append([
            HomeEvent(kind, "server", at: .now(), [("file", .string(declared.path)), data])
        ])
    }

    // MARK: - Versions that are named

    /// Writes the revision that the list asks for, unless it has been written for this very text before.
    private func bringAbout(_ entry: EndpointList.Entry) throws {
        let (key, text) = ("declared/\(entry.endpoint)", Digest(of: Array(entry.text.utf8)).description)
        let database = deployments.registry.database
        guard try database.read({ try $0.setting(key) }) != text else { return }
        guard let request = try entry.request(deployments) else { return }
        let (_, revision) = try deployments.submit(
            request, for: entry.endpoint, author: Self.author, note: "as '\(declared.path)' says",
            rollout: request.canBeRolledOut ? entry.rollout : nil
        ) { transaction, _ in
            try transaction.setSetting(key, to: text)
        }
        guard let revision else { return try database.write { try $0.setSetting(key, to: text) } }
        logger.notice(
            "the list is carried out",
            metadata: ["endpoint": "\(entry.endpoint)", "traffic": "\(HistoryText.traffic(revision.spec))"])
        written.continuation.yield(entry.endpoint)
    }

    // MARK: - How it stands

    /// What `slipway status` shows.
    func json() async -> JSONValue {
        var endpoints: [JSONValue] = []
        for follower in followers { endpoints.append(await follower.standing.json) }
        return .object([
            ("file", .string(declared.path)), ("trouble", trouble.map(JSONValue.string) ?? .null),
            (
                "waiting",
                .array(
                    troubles.sorted { $0.key < $1.key }.map { endpoint, reason in
                        .object([("endpoint", .string(endpoint.text)), ("reason", .string(reason))])
                    })
            ),
            ("following", .array(endpoints)),
        ])
    }
}
