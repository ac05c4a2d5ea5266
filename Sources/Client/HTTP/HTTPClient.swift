import NIOCore
import Synchronization

/// Makes HTTP/1.1 requests to one server and keeps its connections for the next ones.
///
/// Requests made at the same time each get a connection of their own. Nothing is retried, with one exception: a server
/// may close a kept connection at the very moment a request is put on it (RFC 9112, section 9.3.1), and a request that
/// may safely be made twice is then made again, once, on a new connection.
package final class HTTPClient: Sendable {
    /// How long to wait, and how much to take.
    package struct Limits: Sendable {
        /// How long a connection may take to be accepted.
        package var connectTimeout: Duration = .seconds(5)
        /// From the call to the last byte of the reply, the connection included.
        package var requestTimeout: Duration = .seconds(60)
        /// The largest reply body, in bytes.
        package var replyBytes = 256 << 20
        /// Connections kept open while nothing is asked of them.
        package var idleConnections = 8

        package init() {}
    }

    /// Whom this client speaks to.
    package let server: ServerAddress
    private let limits: Limits
    private let idle = Mutex<[HTTPConnection]>([])

    /// A client without any connection yet.
    package init(_ server: ServerAddress, limits: Limits = Limits()) {
        self.server = server
        self.limits = limits
    }

    deinit { closeIdle() }

    /// Makes one request and returns its reply, whatever the status.
    ///
    /// - Parameters:
    ///   - path: As it goes over the wire: percent-encoded, with the query.
    ///   - headers: Without `Host` and `Content-Length`, which are added.
    ///   - isRepeatable: Whether doing it twice does no harm; by default what the method promises.
    /// - Throws: `ClientError.Code.invalidRequest`, `.unreachable`, `.timedOut`, `.closed`, `.malformedReply`,
    ///   `.tooLarge` or `.cancelled`, the request and the server named in the message.
    package func request(
        _ method: String, _ path: String, headers: [HTTPHeader] = [], body: [UInt8] = [], isRepeatable: Bool? = nil
    ) async throws(ClientError) -> HTTPReply {
        let request = try HTTPRequest(method, path, headers: headers, body: body)
        do throws(ClientError) {
            return try await reply(to: request, isRepeatable: isRepeatable ?? request.isIdempotent)
        } catch {
            guard !Task.isCancelled else { throw ClientError(.cancelled, "\(method) \(path) was cancelled") }
            throw error.located(in: "\(method) \(path) at \(server)")
        }
    }

    /// Closes the connections that are not in use. Requests made later open new ones.
    package func closeIdle() {
        let connections = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for connection in connections { connection.close() }
    }

    private func reply(to request: HTTPRequest, isRepeatable: Bool) async throws(ClientError) -> HTTPReply {
        let deadline = NIODeadline.now() + TimeAmount(limits.requestTimeout)
        if let kept = takeIdle() {
            do throws(HTTPCallFailure) {
                return try await reply(to: request, over: kept, deadline)
            } catch {
                let wasStale = error.error.code == .closed && !error.sawReply
                guard wasStale, isRepeatable, !Task.isCancelled else { throw error.error }
            }
        }
        let connection = try await HTTPConnection.open(
            to: server, deadline: min(deadline, .now() + TimeAmount(limits.connectTimeout)))
        do throws(HTTPCallFailure) {
            return try await reply(to: request, over: connection, deadline)
        } catch {
            throw error.error
        }
    }

    private func reply(
        to request: HTTPRequest, over connection: HTTPConnection, _ deadline: NIODeadline
    ) async throws(HTTPCallFailure) -> HTTPReply {
        let answer = try await connection.answer(request, deadline: deadline, replyLimit: limits.replyBytes)
        if answer.isReusable { keep(connection) }
        return answer.reply
    }

    /// The connection used last, which is the least likely to have been closed.
    private func takeIdle() -> HTTPConnection? {
        idle.withLock { idle in
            while let connection = idle.popLast() {
                if connection.isOpen { return connection }
            }
            return nil
        }
    }

    private func keep(_ connection: HTTPConnection) {
        let isKept = idle.withLock { idle in
            idle.removeAll { !$0.isOpen }
            guard idle.count < limits.idleConnections else { return false }
            idle.append(connection)
            return true
        }
        if !isKept { connection.close() }
    }
}
