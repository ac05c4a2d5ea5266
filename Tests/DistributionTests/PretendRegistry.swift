import Distribution
import Glibc
import NIOCore
import Registry
import Synchronization
import Tensors
import Trust

/// A registry without a network: what it is told, it keeps; what a test wants to go wrong goes wrong.
final class PretendRegistry: Wire {
    /// What came in.
    struct Seen: Sendable {
        var method: String
        var host: String
        var target: String
        var headers: HeaderFields
        var bodyCount: Int
        var line: String { "\(method) \(target)" }
    }

    struct State {
        var blobs: [String: [UInt8]] = [:]
        var manifests: [String: (type: String, bytes: [UInt8])] = [:]
        var uploads: [Int: [UInt8]] = [:]
        var nextUpload = 1
        var seen: [Seen] = []
        var hasReferrers = false
        /// Answers before the registry does; `nil` lets it answer.
        var intercept: (@Sendable (Seen) throws -> WireReply?)?
        /// How many bytes of the n-th PATCH arrive before the connection breaks.
        var breaks: [Int] = []
    }

    let state = Mutex(State())

    var seen: [Seen] { state.withLock { $0.seen } }
    func lines(_ prefix: String = "") -> [String] { seen.map(\.line).filter { $0.hasPrefix(prefix) } }
    func intercept(_ answer: @escaping @Sendable (Seen) throws -> WireReply?) {
        state.withLock { $0.intercept = answer }
    }

    func send(_ request: WireRequest) async throws -> WireReply {
        let body = Self.bytes(request.body)
        let seen = Seen(
            method: request.method, host: request.address.origin.description, target: request.address.target,
            headers: request.headers, bodyCount: body.count)
        let intercept = state.withLock { state in
            state.seen.append(seen)
            return state.intercept
        }
        if let reply = try intercept?(seen) { return reply }
        return try state.withLock { try Self.answer(seen, body, &$0) }
    }

    private static func answer(_ request: Seen, _ body: [UInt8], _ state: inout State) throws -> WireReply {
        let parts = request.target.split(separator: "?", maxSplits: 1)
        let path = String(parts[0])
        let query = parts.count > 1 ? String(parts[1]) : ""
        if path.contains("/manifests/") { return manifest(request, path, body, &state) }
        if path.contains("/blobs/uploads/") { return try upload(request, path, query, body, &state) }
        if path.contains("/blobs/") { return blob(request, path, state) }
        if path.hasSuffix("/tags/list") {
            let tags = state.manifests.keys.filter { !$0.contains("sha256:") }
                .map { JSONValue.string(String($0.split(separator: "/").last ?? "")) }
            return WireReply(status: 200, body: WireBody(JSONValue.object([("tags", .array(tags))]).encoded()))
        }
        if path.contains("/referrers/"), state.hasReferrers { return referrers(path, state) }
        return WireReply(status: 404)
    }

    private static func manifest(
        _ request: Seen, _ path: String, _ body: [UInt8], _ state: inout State
    ) -> WireReply {
        if request.method == "PUT" {
            let digest = Digest(of: body).description
            let type = request.headers["content-type"] ?? ""
            state.manifests[path] = (type, body)
            let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
            state.manifests[folder + digest] = (type, body)
            var headers = HeaderFields([("Docker-Content-Digest", digest)])
            if state.hasReferrers, let subject = (try? JSONValue.parse(body))?["subject"]?["digest"]?.stringValue {
                headers.add("OCI-Subject", subject)
            }
            return WireReply(status: 201, headers: headers)
        }
        guard let (type, bytes) = state.manifests[path] else { return WireReply(status: 404) }
        let headers = HeaderFields([
            ("Content-Type", type), ("Docker-Content-Digest", Digest(of: bytes).description),
            ("Content-Length", String(bytes.count)),
        ])
        return WireReply(status: 200, headers: headers, body: WireBody(request.method == "HEAD" ? [] : bytes))
    }

    private static func referrers(_ path: String, _ state: State) -> WireReply {
        let subject = String(path.split(separator: "/").last ?? "")
        var entries: [String: JSONValue] = [:]
        for (_, manifest) in state.manifests {
            guard let json = try? JSONValue.parse(manifest.bytes), json["subject"]?["digest"]?.stringValue == subject
            else { continue }
            let digest = Digest(of: manifest.bytes).description
            entries[digest] = .object([
                ("annotations", json["annotations"] ?? .null), ("artifactType", json["artifactType"] ?? .null),
                ("digest", .string(digest)), ("mediaType", .string(manifest.type)),
                ("size", .integer(manifest.bytes.count)),
            ])
        }
        let index = JSONValue.object([("manifests", .array(Array(entries.values))), ("schemaVersion", 2)])
        return WireReply(
            status: 200, headers: HeaderFields([("Content-Type", MediaType.imageIndex)]),
            body: WireBody(index.encoded()))
    }

    private static func blob(_ request: Seen, _ path: String, _ state: State) -> WireReply {
        guard let bytes = state.blobs[path] else { return WireReply(status: 404) }
        let from = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
        guard from < max(1, bytes.count) else { return WireReply(status: 416) }
        var headers = HeaderFields([("Content-Length", String(bytes.count - from))])
        if from > 0 { headers.add("Content-Range", "bytes \(from)-\(bytes.count - 1)/\(bytes.count)") }
        return WireReply(
            status: from > 0 ? 206 : 200, headers: headers,
            body: WireBody(request.method == "HEAD" ? [] : Array(bytes[from...])))
    }

    private static func upload(
        _ request: Seen, _ path: String, _ query: String, _ body: [UInt8], _ state: inout State
    ) throws -> WireReply {
        let folder = path.replacing(/blobs\/uploads\/.*/, with: "")
        if request.method == "POST" {
            let members = members(query)
            if let digest = members["mount"], let from = members["from"],
                let bytes = state.blobs["/v2/\(from)/blobs/\(digest)"]
            {
                state.blobs["\(folder)blobs/\(digest)"] = bytes
                return WireReply(status: 201)
            }
            state.uploads[state.nextUpload] = []
            state.nextUpload += 1
            return WireReply(
                status: 202, headers: HeaderFields([("Location", "\(folder)blobs/uploads/\(state.nextUpload - 1)")]))
        }
        guard let number = Int(path.split(separator: "/").last ?? ""), var bytes = state.uploads[number] else {
            return WireReply(status: 404)
        }
        if request.method == "GET" { return WireReply(status: 204, headers: range(bytes, path)) }
        if let text = request.headers["content-range"] {
            guard Int(text.split(separator: "-")[0]) == bytes.count else { return WireReply(status: 416) }
        }
        if request.method == "PATCH", !state.breaks.isEmpty {
            let count = state.breaks.removeFirst()
            if count >= 0 {
                state.uploads[number] = bytes + body.prefix(count)
                throw Broken.connection()
            }
        }
        bytes += body
        state.uploads[number] = bytes
        if request.method == "PATCH" { return WireReply(status: 202, headers: range(bytes, path)) }
        let digest = query.replacing("digest=", with: "").replacing("%3A", with: ":")
        guard Digest(of: bytes).description == digest else { return WireReply(status: 400) }
        state.uploads[number] = nil
        state.blobs["\(folder)blobs/\(digest)"] = bytes
        return WireReply(status: 201)
    }

    private static func members(_ query: String) -> [String: String] {
        var members: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=")
            guard parts.count == 2 else { continue }
            members[String(parts[0])] = String(parts[1]).replacing("%3A", with: ":").replacing("%2F", with: "/")
        }
        return members
    }

    private static func range(_ bytes: [UInt8], _ path: String) -> HeaderFields {
        HeaderFields([("Range", "0-\(max(0, bytes.count - 1))"), ("Location", path)])
    }

    private static func bytes(_ body: WireRequest.Body) -> [UInt8] {
        switch body {
        case .none: return []
        case .bytes(let bytes): return bytes
        case .file(let slice):
            let descriptor = open(slice.path, O_RDONLY)
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: slice.count)
            let count = pread(descriptor, &bytes, bytes.count, slice.offset)
            slice.sent(slice.offset + max(0, count))
            return Array(bytes.prefix(max(0, count)))
        }
    }
}

/// What a broken connection looks like.
enum Broken {
    static func connection() -> any Error { transientFault() }

    /// A body that breaks off after these bytes.
    static func body(_ bytes: [UInt8]) -> WireBody {
        WireBody {
            var isFirst = true
            return {
                guard isFirst else { throw connection() }
                isFirst = false
                return ByteBuffer(bytes: bytes)
            }
        }
    }

    /// A body that never ends.
    static func endless(_ chunk: [UInt8], counted: Counter) -> WireBody {
        WireBody {
            {
                counted.add(chunk.count)
                return ByteBuffer(bytes: chunk)
            }
        }
    }

    /// A body of which nothing comes.
    static let silent = WireBody {
        {
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add(_ number: Int) { count.withLock { $0 += number } }
}
