package import Tensors

/// Sessions as clients see them: with everything that a version's declared processing does outside of the graph.
package enum ClientSession {
    /// - Parameter processing: as the version's package has it.
    /// - Throws: `EngineError.Code.unsupported` for steps that do not fit the graph.
    package static func wrapping(_ session: any Session, processing: JSONValue?) throws(EngineError) -> any Session {
        let images = try ImageSession.wrapping(session, processing: processing)
        let columns = try ColumnSession.wrapping(images, processing: processing)
        guard columns === session || !(session is StatefulSession) else {
            throw EngineError(
                .unsupported, session.engine, "a version with state takes tensors, neither images nor columns")
        }
        return columns
    }
}
