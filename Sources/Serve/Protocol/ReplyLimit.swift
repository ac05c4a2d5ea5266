import Engines

/// How large an answer may be, asked before any of it is written; the same for every protocol.
enum ReplyLimit {
    /// What one buffer can hold, names left out.
    private static let largest = 1 << 30
    /// Answers from this size on are written only where there is memory for them.
    private static let large = 4 << 20

    /// - Parameter bytes: the most that the answer can have.
    /// - Throws: `RequestFault.Code.replyTooLarge`, `.outOfMemory`.
    static func admit(_ bytes: Int) throws(RequestFault) {
        guard bytes <= largest else {
            throw RequestFault(
                .replyTooLarge,
                "the outputs may take \(bytes) bytes to write; a reply has at most \(largest), and takes fewer in"
                    + " binary form")
        }
        // The text while it grows, and the buffer it is copied to.
        if bytes >= large, !EngineMemory.admits(3 * bytes) { throw .exhausted }
    }
}
