import Control
import Release
import Tensors

/// Waits for revisions to be in service and for rollouts to be over. Everything is read from the home: it goes on where
/// the server is started anew meanwhile.
struct ApplyWait {
    /// What is waited for at an endpoint.
    struct Subject {
        var endpoint: EndpointName
        var revision: Int
        var digest: String
        var isRollout: Bool
    }

    /// How an endpoint stands when the waiting is over.
    struct Outcome {
        var endpoint: EndpointName
        var revision: Int
        var progress: ReleaseProgress?

        var line: String {
            let words = progress.map { [$0.name, $0.reason].compactMap(\.self).joined(separator: ": ") } ?? "unknown"
            return "\(endpoint): revision \(revision): \(words)"
        }

        var json: JSONValue {
            .object([
                ("endpoint", .string(endpoint.text)), ("revision", .integer(revision)),
                ("outcome", progress.map { .string($0.name) } ?? .null),
                ("over", .bool(progress?.isOver ?? false)),
                ("reason", progress?.reason.map(JSONValue.string) ?? .null),
            ])
        }
    }

    let deployments: Deployments
    let limit: TimeSpan
    let say: (String) -> Void
    var ticker = Ticker(every: .milliseconds(200))

    /// What there is to wait for at an endpoint: the revision that was submitted, else the one that is in force or on its way.
    func subject(_ endpoint: EndpointName, digest: String?, revision: Revision?) throws -> Subject? {
        let rollout = try deployments.latestRollout(of: endpoint)
        if let rollout, !rollout.isOver, revision == nil || revision?.number == rollout.revision {
            return Subject(
                endpoint: endpoint, revision: rollout.revision, digest: rollout.digest, isRollout: true)
        }
        guard let number = try revision?.number ?? deployments.recentHistory(of: endpoint).current?.number else {
            return nil
        }
        let isRollout = revision != nil && rollout?.revision == number
        return Subject(
            endpoint: endpoint, revision: number, digest: isRollout ? rollout?.digest ?? "" : digest ?? "",
            isRollout: isRollout)
    }

    func run(_ subjects: [Subject]) async throws -> [Outcome] {
        let deadline = ContinuousClock.now + .milliseconds(limit.milliseconds)
        var said: [EndpointName: String] = [:]
        repeat {
            let outcomes = try subjects.map { subject in
                Outcome(
                    endpoint: subject.endpoint, revision: subject.revision,
                    progress: try deployments.progress(
                        of: subject.endpoint, revision: subject.revision, digest: subject.digest,
                        isRollout: subject.isRollout))
            }
            if outcomes.allSatisfy({ $0.progress?.isOver ?? false }) { return outcomes }
            for outcome in outcomes where said.updateValue(outcome.line, forKey: outcome.endpoint) != outcome.line {
                say(outcome.line)
            }
            if ContinuousClock.now >= deadline { return outcomes }
        } while await ticker.next()
        throw CancellationError()
    }
}
