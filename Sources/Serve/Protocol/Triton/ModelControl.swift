import NIOCore
import Tensors

/// Puts models into service and takes them out for clients of the data plane, where its owner lets them.
///
/// Source: Triton, model repository extension.
package protocol ModelControl: Sendable {
    /// The names of all models that could be in service, those that are among them.
    func names() async throws(ModelControlError) -> [String]

    /// Puts a model's version into service; returns when it answers.
    ///
    /// - Parameters:
    ///   - change: what becomes different about how it is served.
    ///   - client: who asked, for the record.
    func load(_ model: String, changing change: ConfigurationChange?, for client: String)
        async throws(ModelControlError)

    /// Puts the version that a reference such as `digits:3` names into service under a name of its own; returns when it
    /// answers.
    func load(_ model: String, from reference: String, for client: String) async throws(ModelControlError)

    /// Takes a model out of service; returns when it gets no more requests.
    func unload(_ model: String, for client: String) async throws(ModelControlError)
}

/// Why a model is not put into service, or not taken out.
package struct ModelControlError: Error, Hashable, Sendable {
    /// What kind of fault it is.
    package enum Kind: Hashable, Sendable {
        /// There is no such model.
        case unknown
        /// Not in its present state.
        case refused
        /// It was tried; what ran before runs on.
        case failed
        /// There is not enough memory for it.
        case outOfMemory
    }

    package var kind: Kind
    /// What happened, for whoever asked.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

extension RequestFault {
    init(_ error: ModelControlError) {
        let code: Code =
            switch error.kind {
            case .unknown: .unknownModel
            case .refused: .notInThisState
            case .failed: .loadFailed
            case .outOfMemory: .noRoom
            }
        self.init(code, error.message)
    }
}

/// One thing that a client asks of the one who controls models.
enum ModelErrand: Sendable {
    case names
    case load(String, LoadParameters = LoadParameters())
    /// The version of a reference, under a name of its own.
    case loadVersion(String, as: String)
    case unload(String)

    /// What an error begins with. Triton's clients look for these words.
    private var prefix: String {
        switch self {
        case .load(let model, _), .loadVersion(_, as: let model): "failed to load '\(model.shortened)': "
        case .unload(let model): "failed to unload '\(model.shortened)': "
        case .names: ""
        }
    }

    /// - Returns: names, for `names`.
    ///
    /// - Parameter present: the configuration of the model that is to be loaded, where it is served already.
    fileprivate func carryOut(
        _ control: any ModelControl, present: JSONValue?, for client: String
    ) async -> Result<[String], RequestFault> {
        do throws(ModelControlError) {
            switch self {
            case .names: return .success(try await control.names())
            case .load(let model, let parameters):
                try await control.load(model, changing: try parameters.change(of: present), for: client)
            case .loadVersion(let reference, let model):
                try await control.load(model, from: reference, for: client)
            case .unload(let model): try await control.unload(model, for: client)
            }
            return .success([])
        } catch {
            return .failure(RequestFault(ModelControlError(error.kind, prefix + error.message)))
        }
    }
}

extension LoopState {
    /// Has something done off the event loop, and comes back to it.
    ///
    /// - Parameter conclude: called once, on the event loop; within this call when nothing can be done.
    func run(
        _ errand: ModelErrand, for client: String, then conclude: @escaping (Result<[String], RequestFault>) -> Void
    ) {
        guard let control = plane.modelControl else {
            return conclude(.failure(RequestFault(.serverNotReady, "the server is coming up; try again shortly")))
        }
        let bound = NIOLoopBound(conclude, eventLoop: eventLoop)
        let present = presentConfiguration(for: errand)
        Task {
            let result = await errand.carryOut(control, present: present, for: client)
            bound.eventLoop.execute { bound.value(result) }
        }
    }

    /// The configuration as it is served of a model for which another one is brought.
    private func presentConfiguration(for errand: ModelErrand) -> JSONValue? {
        guard case .load(let model, let parameters) = errand, parameters.configuration != nil,
            let arm = table.endpoints[model]?.arms.first
        else { return nil }
        return ModelConfiguration.value(arm, idle: plane.configuration.sequenceIdle)
    }
}
