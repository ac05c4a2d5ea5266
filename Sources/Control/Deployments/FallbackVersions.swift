import Registry
package import Release
import Tensors
import Trust

/// The version that answers requests far outside the reference of an endpoint's own: looked up, and compared with those
/// that it stands in for, before anything is written.
extension Deployments {
    /// Settings whose fallback version is known by its digest.
    ///
    /// - Throws: `RegistryError.Code.notFound` when there is no such version.
    package func resolved(_ settings: EndpointSettings) throws -> EndpointSettings {
        guard let fallback = settings.watching.outliers.fallback, fallback.digest == nil else { return settings }
        let record = try registry.resolve(Reference(fallback.version.description))
        var settings = settings
        settings.watching.outliers = .fallback(
            FallbackVersion(version: fallback.version, digest: record.digest.description))
        return settings
    }

    /// A request with everything looked up that people only name.
    ///
    /// - Throws: `ReleaseError.Code.invalid` when the fallback version cannot be asked what the request's version is asked.
    func prepared(_ request: ReleaseRequest, for endpoint: EndpointName) throws -> ReleaseRequest {
        var request = request
        var fallback: (version: VersionReference, digest: String)?
        if case .deploy(let candidate, let settings?) = request {
            let settings = try resolved(settings)
            request = .deploy(candidate, settings: settings)
            fallback = settings.watching.outliers.fallback.flatMap { known in
                known.digest.map { (known.version, $0) }
            }
        } else if request.candidate != nil {
            fallback = try recentHistory(of: endpoint).current?.spec.fallback
        }
        if let fallback, let candidate = request.candidate, request.answers {
            try requireFit(fallback, for: candidate, at: endpoint)
        }
        return request
    }

    /// Where steps before the graph differ, the server compares what clients see, once both are loaded.
    private func requireFit(
        _ fallback: (version: VersionReference, digest: String), for candidate: Candidate, at endpoint: EndpointName
    ) throws {
        let own = try registry.description(Digest(candidate.digest))
        let other = try registry.description(Digest(fallback.digest))
        guard own.processing?["pre"] == other.processing?["pre"],
            let obstacle = other.signature.obstacle(toAnsweringFor: own.signature)
        else { return }
        throw ReleaseError(
            .invalid, "'\(endpoint)': \(fallback.version) cannot answer in place of \(candidate.version): \(obstacle)",
            help: "name a version that takes and gives the same")
    }
}

extension ReleaseRequest {
    /// Whether its version is to answer requests.
    fileprivate var answers: Bool { if case .shadow = self { false } else { true } }
}
