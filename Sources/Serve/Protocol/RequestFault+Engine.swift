import Engines

/// An engine's errors, as a client sees them.
extension RequestFault {
    /// What the engine says stays in the log: it may name files of the machine that built it.
    init(_ error: EngineError, model: String) {
        switch error.code {
        case .invalidInput: self.init(.invalidInput, "model '\(model)': \(error.message)")
        case .outOfMemory:
            self.init(
                .runTooLarge,
                "model '\(model)' needs more memory for this input than this server has for it; send less at a time")
        default:
            self.init(
                .runFailed, "model '\(model)' failed to run on this input; the server's log has the engine's reason")
        }
    }
}
