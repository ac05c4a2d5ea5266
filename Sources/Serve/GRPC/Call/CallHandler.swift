import NIOCore

/// What one method does with the messages of a call. Belongs to the call, and to one event loop.
protocol CallHandler: AnyObject {
    /// Whether it takes another message now; bytes that come meanwhile are held, and the client is told to wait.
    var acceptsMessages: Bool { get }

    /// Takes a message.
    ///
    /// - Throws: what ends the call.
    func receive(_ message: MessageBytes) throws(RequestFault)

    /// The client sends nothing more.
    ///
    /// - Throws: what ends the call.
    func end() throws(RequestFault)

    /// The call is over: what it has begun is no longer wanted.
    func cancel()

    /// Looks at the time, and at what may have changed. Called now and then by the event loop.
    ///
    /// - Throws: what ends the call.
    func check(_ now: UInt64) throws(RequestFault)

    /// The server ends: whether nothing is under way, so that the call may be ended at once.
    var isIdle: Bool { get }
}
