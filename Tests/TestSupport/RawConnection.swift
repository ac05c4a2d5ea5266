internal import Glibc

/// A TCP connection without the manners of a client: it sends what it is told, byte for byte, when it is told.
package final class RawConnection: Sendable {
    /// A reply as it came.
    package struct Reply: Sendable {
        package var status: Int
        package var head: String
        package var body: String
    }

    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1. Reading waits 20 s at most.
    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var wait = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // The end of this object closes the descriptor: closed twice, it would be another's by then.
        guard connected == 0 else {
            throw MissingTool("no connection to port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Sends text as it is.
    package func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends bytes as they are. What the other side does not take is its business.
    package func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads one reply with a `Content-Length`; `nil` when the connection ends before it is whole.
    package func reply() -> Reply? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let split = bytes.firstRange(of: end) {
                let head = String(decoding: bytes[..<split.lowerBound], as: UTF8.self)
                let length = Self.header("content-length", in: head).flatMap { Int($0) } ?? 0
                if bytes.count >= split.upperBound + length {
                    let body = String(decoding: bytes[split.upperBound..<(split.upperBound + length)], as: UTF8.self)
                    return Reply(status: Int(head.dropFirst(9).prefix(3)) ?? 0, head: head, body: body)
                }
            }
            guard let more = read(), !more.isEmpty else { return nil }
            bytes += more
        }
    }

    /// Whether the other side has ended the connection, waiting for it.
    package func isEnded() -> Bool { read()?.isEmpty ?? false }

    /// Whether the other side has ended the connection, without waiting; what it has sent meanwhile is thrown away.
    package var hasEnded: Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { continue }
            return count == 0 || (errno != EAGAIN && errno != EINTR)
        }
    }

    /// What comes next; empty at the end, `nil` when nothing came in time.
    private func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        // A reset is an end, too.
        if count < 0 { return errno == ECONNRESET ? [] : nil }
        return Array(buffer[..<count])
    }

    private static func header(_ name: String, in head: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).drop { $0 == " " }.description
        }
        return nil
    }
}
