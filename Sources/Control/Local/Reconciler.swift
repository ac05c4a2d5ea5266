internal import Home
package import Logging
package import Release

/// Brings what runs in line with what is recorded: at start, on a poke, and when another process has written.
package actor Reconciler {
    private let deployments: Deployments
    private let platform: any Platform
    private let logger: Logger
    /// Revisions of one endpoint are carried out one at a time, in order.
    private var busy: [EndpointName: Task<Void, Never>] = [:]
    private var applied: [EndpointName: Int] = [:]
    private var reports: [EndpointName: [Int: PassageReport]] = [:]

    /// - Parameter platform: where endpoints run.
    package init(deployments: Deployments, platform: any Platform, logger: Logger) {
        self.deployments = deployments
        self.platform = platform
        self.logger = logger
    }

    /// Brings every endpoint in line.
    package func reconcileAll() async throws {
        for endpoint in try deployments.endpoints() { await reconcile(endpoint) }
    }

    /// Brings one endpoint in line, after whatever is under way for it. A passage to an earlier revision gives way, so
    /// that a rollback waits neither for the loading nor for the draining that it undoes.
    package func reconcile(_ endpoint: EndpointName) async {
        let before = busy[endpoint]
        let task = Task {
            await before?.value
            await bringInLine(endpoint)
        }
        busy[endpoint] = task
        if before != nil, let newest = try? deployments.recentHistory(of: endpoint).current?.number {
            await platform.giveWay(at: endpoint, to: newest)
        }
        await task.value
        if busy[endpoint] == task { busy[endpoint] = nil }
    }

    /// How the passage to a revision went, if this process carried it out.
    package func report(of revision: Int, endpoint: EndpointName) -> PassageReport? {
        reports[endpoint]?[revision]
    }

    /// Applies the newest revision that has not failed; when that fails, the one before it is in force again.
    private func bringInLine(_ endpoint: EndpointName) async {
        for _ in 0..<Self.mostAttempts {
            do {
                guard let revision = try deployments.recentHistory(of: endpoint).current,
                    applied[endpoint] != revision.number
                else { return }
                let report = try await platform.apply(revision)
                try deployments.record(report.outcome, of: revision)
                remember(report, endpoint)
                if report.result == .completed {
                    applied[endpoint] = revision.number
                    return
                }
            } catch {
                logger.error(
                    "endpoint could not be brought in line", metadata: ["endpoint": "\(endpoint)", "error": "\(error)"])
                return
            }
        }
    }

    private func remember(_ report: PassageReport, _ endpoint: EndpointName) {
        reports[endpoint, default: [:]][report.revision] = report
        reports[endpoint]?[report.revision - Self.mostReports] = nil
    }

    /// Revisions that are tried in one go: each of them failed.
    private static let mostAttempts = 8
    private static let mostReports = 64
}
