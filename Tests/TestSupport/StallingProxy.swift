internal import Foundation
internal import Glibc
internal import Synchronization

/// A socket that listens at a port of 127.0.0.1 that was free.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let port: Int

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw MissingTool("no port to listen at")
        }
        self.descriptor = descriptor
        port = Int(in_port_t(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}

/// Stands between a client and a server, and at a chosen point lets nothing through any more.
package final class StallingProxy: Sendable {
    /// When it stops. What has been let through before stays.
    package enum Point: Sendable {
        case never
        /// Before the n-th request of this method.
        case request(String, Int)
        /// When more bytes than these have come from the server.
        case bytesFromServer(Int)
    }

    private struct State {
        var point = Point.never
        var requests = 0
        var bytes = 0
        var isStalled = false
        var open: [Int32] = []
    }

    /// `127.0.0.1:PORT`.
    package var name: String { "127.0.0.1:\(listener.port)" }
    private let listener: ListeningSocket
    private let target: Int
    private let state = Mutex(State())

    /// A proxy in front of a port of 127.0.0.1.
    package init(to target: Int) throws {
        listener = try ListeningSocket()
        self.target = target
        Thread.detachNewThread { [listener, weak self] in
            while true {
                let client = accept(listener.descriptor, nil, nil)
                guard client >= 0, let self else { return }
                self.serve(client)
            }
        }
    }

    deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

    /// Whether it has stopped.
    package var isStalled: Bool { state.withLock { $0.isStalled } }

    /// Ends every connection, and from now on stops here.
    package func stall(at point: Point) {
        state.withLock { state in
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
            state = State(point: point)
        }
    }

    private func serve(_ client: Int32) {
        guard let server = Self.connection(to: target) else {
            close(client)
            return
        }
        state.withLock { $0.open += [client, server] }
        Thread.detachNewThread { self.pump(client, server, isRequest: true) }
        Thread.detachNewThread { self.pump(server, client, isRequest: false) }
    }

    /// Copies what comes until it ends or the point is reached; then waits for the end without passing anything on.
    private func pump(_ source: Int32, _ target: Int32, isRequest: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            guard passes(buffer[..<count], isRequest: isRequest) else { continue }
            var sent = 0
            while sent < count {
                let more = buffer.withUnsafeBytes {
                    send(target, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
                }
                guard more > 0 else { break }
                sent += more
            }
        }
        shutdown(target, Int32(SHUT_RDWR))
    }

    private func passes(_ bytes: ArraySlice<UInt8>, isRequest: Bool) -> Bool {
        state.withLock { state in
            if state.isStalled { return false }
            switch state.point {
            case .never: break
            case .request(let method, let number):
                if isRequest, bytes.starts(with: "\(method) ".utf8) {
                    state.requests += 1
                    state.isStalled = state.requests >= number
                }
            case .bytesFromServer(let most):
                if !isRequest { state.bytes += bytes.count }
                state.isStalled = state.bytes > most
            }
            return !state.isStalled
        }
    }

    private static func connection(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return nil
    }
}
