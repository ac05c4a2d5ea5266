/// A failure of an engine, with the engine's own words.
package struct EngineError: Error, Hashable, Sendable {
    /// What kind of failure. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case notInstalled, incompatible, modelRejected, invalidInput, runFailed, outOfMemory, unsupported
        }
        private let value: Value

        /// No library was found where engines are looked for.
        package static let notInstalled = Code(value: .notInstalled)
        /// A library was found, but not one we can talk to.
        package static let incompatible = Code(value: .incompatible)
        /// The engine refuses to load the model.
        package static let modelRejected = Code(value: .modelRejected)
        /// The inputs do not fit the signature; found before the engine was called.
        package static let invalidInput = Code(value: .invalidInput)
        /// The engine failed during a run.
        package static let runFailed = Code(value: .runFailed)
        /// A run would have needed more memory than engines may have; see `EngineMemory.limit`.
        package static let outOfMemory = Code(value: .outOfMemory)
        /// The engine cannot do what was asked: a device, a precision, an element type.
        package static let unsupported = Code(value: .unsupported)
    }

    package var code: Code
    package var engine: EngineKind
    /// What happened, in words; the engine's own where it spoke.
    package var message: String
    /// The engine's own code, where there is one.
    package var nativeCode: Int32?

    package init(_ code: Code, _ engine: EngineKind, _ message: String, nativeCode: Int32? = nil) {
        self.code = code
        self.engine = engine
        self.message = message
        self.nativeCode = nativeCode
    }
}

extension EngineError: CustomStringConvertible {
    package var description: String {
        "\(engine.displayName): \(message)" + (nativeCode.map { " (code \($0))" } ?? "")
    }
}
