import Release
import Tensors
import Trust

extension ManagementRoutes {
    /// Rollouts: what is known, and what people want of them.
    var rollouts: [ControlRoute] {
        [
            ControlRoute(.get, "/api/v1/endpoints/:endpoint/rollout", role: .viewer) { request in
                .json(try await looking().json(try EndpointName(request.parameter("endpoint"))))
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
                return .json(try await driver.json(endpoint))
            },
        ]
    }

    private func looking() throws(ReleaseError) -> RolloutDriver {
        guard let driver else {
            throw ReleaseError(.notFound, "this server serves one file: there are no rollouts")
        }
        return driver
    }
}
