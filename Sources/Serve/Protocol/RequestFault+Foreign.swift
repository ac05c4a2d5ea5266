import Engines
import Tensors

/// Errors of other rooms, as a client sees them.
extension RequestFault {
    init(_ error: JSONError) {
        switch error.code {
        case .malformed, .duplicateKey, .tooDeep: self.init(.malformedBody, "the request's JSON: \(error)")
        default: self.init(.invalidInput, "the request's JSON: \(error)")
        }
    }

    init(_ error: TensorError) {
        self.init(.invalidInput, error.message)
    }

    /// What the engine says stays in the log: it may name files of the machine that built it.
    init(_ error: EngineError, model: String) {
        switch error.code {
        case .invalidInput: self.init(.invalidInput, "model '\(model)': \(error.message)")
        default:
            self.init(
                .runFailed, "model '\(model)' failed to run on this input; the server's log has the engine's reason")
        }
    }

    /// Any error thrown while a request is read.
    init(adapting error: any Error) {
        switch error {
        case let fault as RequestFault: self = fault
        case let error as JSONError: self.init(error)
        case let error as TensorError: self.init(error)
        default: self.init(.runFailed, "the request could not be handled")
        }
    }

    /// The same fault with the input it is about named first.
    static func inInput(_ name: String, _ error: any Error) -> RequestFault {
        if let fault = error as? RequestFault { return fault }
        if let error = error as? JSONError {
            return RequestFault(error.located(in: "input '\(name.shortened)'"))
        }
        var fault = RequestFault(adapting: error)
        fault.message = "input '\(name.shortened)': \(fault.message)"
        return fault
    }
}

extension String {
    /// At most 80 characters of what a client sent, for a message.
    var shortened: String { utf8.count <= 80 ? self : "\(prefix(80))…" }
}
