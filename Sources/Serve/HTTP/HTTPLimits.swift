/// What one connection may send, and how long it may take. Every limit acts before anything is allocated for it.
package struct HTTPLimits: Hashable, Sendable {
    /// Names, values and separators of all header fields of a request.
    package var headerBytes = 32 * 1024
    package var headerFields = 128
    package var targetBytes = 8 * 1024
    package var bodyBytes = 64 * 1024 * 1024
    /// Connections open at a time; more are answered 503 and closed.
    package var connections = 10_000

    /// Nanoseconds from the first byte of a request until its header is complete.
    package var headerTimeout: UInt64 = 10 * second
    /// Nanoseconds without a request after which a connection is closed, or during which a client may leave its
    /// replies unread.
    package var idleTimeout: UInt64 = 75 * second
    /// Nanoseconds before a body's rate is looked at.
    package var bodyGrace: UInt64 = 10 * second
    /// Bytes per second that a body has to arrive with, on average, after `bodyGrace`.
    package var bodyBytesPerSecond = 1024
    /// Nanoseconds that a client has to read an error sent before its body was read, until the connection is closed.
    package var lingerTimeout: UInt64 = 2 * second
    /// Nanoseconds that a connection's TLS handshake may take.
    package var handshakeTimeout: UInt64 = 10 * second
    /// Connections whose handshake may be under way at a time; beyond that, the one that has been at it for longest is
    /// ended.
    package var handshakes = 1024

    package static let second: UInt64 = 1_000_000_000

    package init() {}

    /// Bytes of framing, chunk extensions for instance, that may come beyond three times those of the body.
    static let framingSlack = 256 * 1024
    /// The rest of a refused body up to this many bytes is read and dropped, so that the connection can go on.
    static let discardedBytes = 64 * 1024
}
