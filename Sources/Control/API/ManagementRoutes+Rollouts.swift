import Release
import Tensors
import Trust

extension ManagementRoutes {
    /// Rollouts: what is known, and what people want of them.
    var rollouts: [ControlRoute] {
        [
            ControlRoute(.get, "/api/v1/endpoints/:endpoint/rollout", role: .viewer) { request in
                .json(try await rollout(of: try EndpointName(request.parameter("endpoint"))))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/rollout", role: .deployer, kind: .api) { request in
                let endpoint = try EndpointName(request.parameter("endpoint"))
                let body = try JSONValue.parse(request.body)
                guard let wish = body["action"]?.stringValue.flatMap(RolloutDriver.Wish.init(rawValue:)) else {
                    let known = RolloutDriver.Wish.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ReleaseError(.invalid, "expected an 'action', one of \(known)")
                }
                let person = request.identity.name
                let driver = try looking()
                try await driver.carryOut(wish, at: endpoint, by: person)
                return .json(try await rollout(of: endpoint))
            },
        ]
    }

    /// What is known of an endpoint's rollout, with its versions' names and their last minute; `null` before the first.
    private func rollout(of name: EndpointName) async throws -> JSONValue {
        let report = try await looking().json(name)
        guard let record = try deployments.latestRollout(of: name), let endpoint = try await overview.endpoint(name)
        else { return report }
        return RolloutSides(endpoint, record).added(to: report)
    }

    private func looking() throws(ReleaseError) -> RolloutDriver {
        guard let driver else {
            throw ReleaseError(.notFound, "this server serves one file: there are no rollouts")
        }
        return driver
    }
}
