/// What one gRPC connection may send, and how long it may take, beyond what `HTTPLimits` says of every connection:
/// the size of a header and of a message, and how slowly a message may come.
package struct GRPCLimits: Hashable, Sendable {
    /// Calls at a time on one connection.
    package var concurrentCalls = 256
    /// Bytes of one call's messages that may be under way; none of them takes memory before it has arrived.
    package var callWindow = 4 << 20
    /// Bytes of all calls' messages of one connection that may be under way.
    package var connectionWindow = 16 << 20
    /// Bytes of one DATA frame; its parts are handled as they arrive.
    package var frameBytes = 1 << 20
    /// HEADERS without end may be continued so often.
    package var continuations = 4
    /// DATA frames without data in sequence.
    package var emptyDataFrames = 8
    /// Calls that a client may reset within a second.
    package var resetsPerSecond = 1000
    /// PING, SETTINGS, PRIORITY and WINDOW_UPDATE frames that a client may send ahead; each call and each reply earns
    /// more, as clients measure the line with them.
    package var controlFrames = 1000
    /// Requests of one `ModelStreamInfer` that may run at a time.
    package var streamedRequests = 32

    /// Nanoseconds without a call after which a connection is closed.
    package var connectionIdleTimeout: UInt64 = 300 * HTTPLimits.second
    /// Nanoseconds without a message after which a stream is ended.
    package var streamIdleTimeout: UInt64 = 300 * HTTPLimits.second
    /// Nanoseconds without a sign of life after which a client with calls is asked for one.
    package var keepAliveInterval: UInt64 = 60 * HTTPLimits.second
    /// Nanoseconds that it has to give one.
    package var keepAliveTimeout: UInt64 = 20 * HTTPLimits.second

    package init() {}
}
