import Glibc
import Tensors

/// A client that sends exactly the bytes it is told to, over a blocking socket with a time limit.
final class RawClient {
    struct Failure: Error { var what: String }

    struct Reply {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue? { try? JSONValue.parse(body) }
        var code: String? { json?["code"]?.stringValue }
        var error: String? { json?["error"]?.stringValue }
    }

    private let descriptor: Int32
    private var buffered: [UInt8] = []

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket") }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        // A `sockaddr_in`, byte by byte: which module has its members depends on what else a file is compiled with.
        let address =
            [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 255), 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        let result = address.withUnsafeBytes {
            connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(address.count))
        }
        // The end of this object closes the descriptor: closed twice, it would be another's by then.
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    deinit { if !isClosed { close(descriptor) } }

    private var isClosed = false

    func disconnect() {
        isClosed = true
        close(descriptor)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            sent += count
        }
    }

    /// Sends as much as the server takes; a server may close while we send.
    func sendWhatIsTaken(_ bytes: [UInt8]) { try? send(bytes) }

    private func receiveMore() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 {
            guard errno == ECONNRESET else { throw Failure(what: "recv: \(errno)") }
            return false
        }
        buffered += chunk[..<count]
        return count > 0
    }

    /// The next reply; `nil` when the server closed instead.
    func reply(toHead: Bool = false) throws -> Reply? {
        var end = 0
        while true {
            if let found = headEnd() {
                end = found
                break
            }
            guard try receiveMore() else { return nil }
        }
        let lines = String(decoding: buffered[..<(end - 4)], as: UTF8.self).split(separator: "\r\n")
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw Failure(what: "status line \(lines[0])")
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        buffered.removeFirst(end)
        var reply = Reply(status: status, headers: headers, body: [])
        if status == 100 || toHead { return reply }
        guard let length = reply.header("content-length").flatMap(Int.init) else { throw Failure(what: "no length") }
        while buffered.count < length { guard try receiveMore() else { throw Failure(what: "short body") } }
        reply.body = Array(buffered[..<length])
        buffered.removeFirst(length)
        return reply
    }

    private func headEnd() -> Int? {
        guard buffered.count >= 4 else { return nil }
        return (0...(buffered.count - 4)).first {
            buffered[$0] == 13 && buffered[$0 + 1] == 10 && buffered[$0 + 2] == 13 && buffered[$0 + 3] == 10
        }.map { $0 + 4 }
    }

    /// The next bytes; `nil` when the server closed before there were so many.
    func bytes(_ count: Int) throws -> [UInt8]? {
        while buffered.count < count { guard try receiveMore() else { return nil } }
        defer { buffered.removeFirst(count) }
        return Array(buffered[..<count])
    }

    /// What has come, at least one byte; `nil` when the server closed instead.
    func whatCame() throws -> [UInt8]? {
        while buffered.isEmpty { guard try receiveMore() else { return nil } }
        defer { buffered = [] }
        return buffered
    }

    /// Waits until the server has closed, dropping what it still sends.
    func waitForClose() throws -> Bool {
        while try receiveMore() { buffered.removeAll() }
        return true
    }

    /// Sends a request and reads its reply.
    func request(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
    ) throws -> Reply {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for header in headers { text += header + "\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        try send(Array((text + "\r\n").utf8) + (body ?? []))
        guard let reply = try reply(toHead: method == "HEAD") else { throw Failure(what: "closed") }
        return reply
    }

    func post(_ target: String, _ json: String, headers: [String] = []) throws -> Reply {
        try request("POST", target, headers: headers, body: Array(json.utf8))
    }
}
