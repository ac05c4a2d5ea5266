import Engines

/// An engine's errors, as a client sees them.
extension RequestFault {
    /// What the engine says stays in the log: it may name files of the machine that built it.
    init(_ error: EngineError, model: String) {
        switch error.code {
        case .invalidInput: self.init(.invalidInput, "model '\(model)': \(error.message)")
        default:
            self.init(
                .runFailed, "model '\(model)' failed to run on this input; the server's log has the engine's reason")
        }
    }
}
