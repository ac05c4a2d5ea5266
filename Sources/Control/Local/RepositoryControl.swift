import Home
import Registry
import Release
import Seals
import Serve
import Trust

/// Puts models into service and takes them out as clients of the data plane ask: by revisions, like everybody else.
struct RepositoryControl: ModelControl {
    let deployments: Deployments
    let reconciler: Reconciler

    private static let note = "asked for by a client of the data plane"

    func names() async throws(ModelControlError) -> [String] {
        try adapting {
            var names = Set(try deployments.endpoints().map(\.text))
            var after: String?
            repeat {
                let page = try deployments.registry.models(after: after)
                names.formUnion(page.items.filter { $0.versionCount > 0 }.map(\.name))
                after = page.next
            } while after != nil
            return names.sorted()
        }
    }

    func load(
        _ model: String, changing change: ConfigurationChange?, for client: String
    ) async throws(ModelControlError) {
        let number = try adapting { () throws -> Int? in
            let endpoint = try EndpointName(model)
            let candidate = try candidate(for: endpoint)
            let current = try deployments.recentHistory(of: endpoint).current
            // What is recorded already may still have to be carried out.
            var settings = current?.spec.settings ?? EndpointSettings()
            if let change { settings.batching = change.applied(to: settings.batching) }
            if let current, current.spec.arms.map(\.digest) == [candidate.digest], current.spec.settings == settings {
                return current.number
            }
            return try deployments.submit(
                .deploy(candidate, settings: settings), for: endpoint, author: client, note: Self.note
            ).revision?.number
        }
        try await carryOut(model, number)
    }

    func load(_ model: String, from reference: String, for client: String) async throws(ModelControlError) {
        let number = try adapting { () throws -> Int? in
            let candidate = try deployments.candidate(Reference(reference))
            return try deployments.submit(
                .deploy(candidate), for: EndpointName(model), author: client, note: Self.note
            ).revision?.number
        }
        try await carryOut(model, number)
    }

    func unload(_ model: String, for client: String) async throws(ModelControlError) {
        let number = try adapting { () throws -> Int? in
            let endpoint = try EndpointName(model)
            guard let current = try deployments.recentHistory(of: endpoint).current, !current.spec.arms.isEmpty else {
                throw ModelControlError(.unknown, "it is not in service")
            }
            return try deployments.submit(.undeploy, for: endpoint, author: client, note: Self.note).revision?.number
        }
        try await carryOut(model, number)
    }

    /// The version that `load` means: `prod` where the model has that alias, else the newest.
    private func candidate(for endpoint: EndpointName) throws -> Candidate {
        let last = try deployments.history(of: endpoint).entries.last { !$0.revision.spec.arms.isEmpty }
        let name = try ModelName(last?.revision.spec.arms.first?.version.model ?? endpoint.text)
        if let alias = try? AliasName("prod"),
            let candidate = try? deployments.candidate(Reference(model: name, selector: .alias(alias)))
        {
            return candidate
        }
        guard let newest = try deployments.registry.versions(of: name, limit: 1).items.first else {
            throw ModelControlError(.unknown, "model '\(endpoint)' has no version")
        }
        return try deployments.candidate(newest.reference)
    }

    /// Brings the endpoint in line, and asks how the revision went.
    private func carryOut(_ model: String, _ number: Int?) async throws(ModelControlError) {
        guard let endpoint = try? EndpointName(model) else { return }
        await reconciler.reconcile(endpoint)
        try adapting {
            guard let number, let entry = try deployments.recentHistory(of: endpoint).entry(number) else { return }
            switch entry.outcome {
            case .healthy: return
            case .failed(let reason):
                let kind: ModelControlError.Kind = MemoryBudget.isRefusal(reason) ? .outOfMemory : .failed
                throw ModelControlError(kind, reason)
            default: throw ModelControlError(.failed, "it is not ready; see the server's log")
            }
        }
    }

    private func adapting<Value>(_ body: () throws -> Value) throws(ModelControlError) -> Value {
        do {
            return try body()
        } catch let error as ModelControlError {
            throw error
        } catch let error as ReleaseError {
            throw ModelControlError(error.code == .notFound ? .unknown : .refused, error.message)
        } catch let error as SealError {
            throw ModelControlError(.refused, error.message)
        } catch let error as RegistryError {
            throw ModelControlError(error.code == .notFound ? .unknown : .refused, error.message)
        } catch {
            throw ModelControlError(.failed, "the models could not be asked for")
        }
    }
}
