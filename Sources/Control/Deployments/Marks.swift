import Home
import Release
import Tensors

/// The durable marks by which a version that kills the process is recognised after the restart (`design.md` 4.9).
///
/// A mark is written before a version is loaded and again when it has come through; it is the only thing that
/// survives the process it describes.
struct Marks: Sendable {
    let database: HomeDatabase

    private static let serverState = "server.state"

    /// Says that a version is about to be loaded. Of one that has come through before nothing is written, so that a restart
    /// needs nobody to let it write.
    func entering(_ digest: String, at endpoint: EndpointName) throws {
        guard try !isHealthy(digest, endpoint) else { return }
        try database.write { transaction in
            let previous = try transaction.mark(ofDigest: digest, at: endpoint.text).flatMap(Self.health)
            switch HealthMark.entering(after: previous) {
            case .healthy: break
            case .entering(let attempts):
                try transaction.setMark(.entering, ofDigest: digest, at: endpoint.text, reason: "\(attempts)")
            }
        }
    }

    /// Says that a version has come through.
    func healthy(_ digest: String, at endpoint: EndpointName) throws {
        guard try !isHealthy(digest, endpoint) else { return }
        try database.write { try $0.setMark(.healthy, ofDigest: digest, at: endpoint.text) }
    }

    private func isHealthy(_ digest: String, _ endpoint: EndpointName) throws -> Bool {
        try database.read { try $0.mark(ofDigest: digest, at: endpoint.text)?.state == .healthy }
    }

    /// Says that a version was refused without harm: the mark goes, because the process lives.
    func refused(_ digest: String, at endpoint: EndpointName) throws {
        try database.write { transaction in
            guard try transaction.mark(ofDigest: digest, at: endpoint.text)?.state == .entering else { return }
            try transaction.clearMark(ofDigest: digest, at: endpoint.text)
        }
    }

    /// Quarantines what was entering when the process died, and passes over the revisions that need it.
    ///
    /// - Returns: one line for each quarantined version, for the log.
    func judge(previousEnd: PreviousEnd) throws -> [String] {
        try database.write { transaction in
            var lines: [String] = []
            for endpoint in try transaction.endpoints().map({ try EndpointName($0.name) }) {
                let rows = try transaction.marks().filter { $0.endpoint == endpoint.text }
                let marks = Dictionary(rows.compactMap { row in Self.health(row).map { (row.digest, $0) } }) { $1 }
                let suspects = Quarantine.suspects(marks: marks, previousEnd: previousEnd)
                for digest in suspects.sorted() {
                    let reason = "the server died while it was entering service"
                    try transaction.setMark(.quarantined, ofDigest: digest, at: endpoint.text, reason: reason)
                    lines.append("\(endpoint): \(digest) is quarantined: \(reason)")
                }
                let history = try transaction.history(of: endpoint)
                let verdict = Quarantine.verdict(
                    for: history, quarantined: try transaction.quarantined(at: endpoint))
                for number in verdict.abandoned {
                    try transaction.record(
                        .failed(reason: "needs a quarantined version"), of: number, endpoint: endpoint)
                }
            }
            return lines
        }
    }

    /// How the server ended the last time, and that it runs now.
    ///
    /// - Parameter sawCrash: whether the supervisor saw it die.
    func start(sawCrash: Bool) throws -> PreviousEnd {
        try database.write { transaction in
            let state = try transaction.setting(Self.serverState)
            try transaction.setSetting(Self.serverState, to: "running")
            return sawCrash ? .crashed : state == "running" ? .unknown : .clean
        }
    }

    /// Says that the server ends as it should.
    func stop() throws {
        try database.write { try $0.setSetting(Self.serverState, to: "stopped") }
    }

    private static func health(_ row: MarkRow) -> HealthMark? {
        switch row.state {
        case .entering: .entering(attempts: Int(row.reason) ?? 1)
        case .healthy: .healthy
        case .quarantined: nil
        }
    }
}
