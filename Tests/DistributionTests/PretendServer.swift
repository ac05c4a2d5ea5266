import NIOCore
import Synchronization
import Tensors
import Trust

@testable import Distribution

/// A web server without a network: files with tags, ranges, and what a test wants to go wrong.
final class PretendServer: Wire {
    struct File: Sendable {
        var bytes: [UInt8]
        var tag: String?
        /// Whether it knows ranges.
        var goesOn = true
        /// Whether it tells its size.
        var tellsSize = true
    }

    private struct State {
        var files: [String: File] = [:]
        var seen: [WireRequest] = []
        /// Bytes after which the n-th body breaks off.
        var breaks: [Int] = []
        var answer: (@Sendable (WireRequest) throws -> WireReply?)?
    }

    private let state = Mutex(State())

    var seen: [WireRequest] { state.withLock { $0.seen } }
    var ranges: [String?] { seen.map { $0.headers["range"] } }
    func put(_ path: String, _ file: File) { state.withLock { $0.files[path] = file } }
    func breakOff(after counts: [Int]) { state.withLock { $0.breaks = counts } }
    func answer(_ answer: @escaping @Sendable (WireRequest) throws -> WireReply?) {
        state.withLock { $0.answer = answer }
    }

    func send(_ request: WireRequest) async throws -> WireReply {
        let (own, file, limit) = state.withLock { state in
            state.seen.append(request)
            let file = state.files[String(request.address.target.prefix { $0 != "?" })]
            return (state.answer, file, state.breaks.isEmpty ? nil : state.breaks.removeFirst())
        }
        if let reply = try own?(request) { return reply }
        guard let file else { return WireReply(status: 404) }
        return Self.reply(file, request, limit)
    }

    private static func reply(_ file: File, _ request: WireRequest, _ limit: Int?) -> WireReply {
        var headers = HeaderFields()
        headers.set("ETag", file.tag)
        if let tag = file.tag {
            if let wanted = request.headers["if-match"], wanted != tag { return WireReply(status: 412) }
            if request.headers["if-none-match"] == tag { return WireReply(status: 304) }
        }
        var from = 0
        if file.goesOn, let range = request.headers["range"] { from = Int(range.dropFirst(6).dropLast()) ?? 0 }
        if let condition = request.headers["if-range"], condition != file.tag { from = 0 }
        guard from == 0 || from < file.bytes.count else { return WireReply(status: 416) }
        if file.tellsSize { headers.set("Content-Length", String(file.bytes.count - from)) }
        if from > 0 {
            headers.set("Content-Range", "bytes \(from)-\(file.bytes.count - 1)/\(file.bytes.count)")
        }
        let rest = Array(file.bytes[from...])
        let body = limit.map { Broken.body(Array(rest.prefix($0))) } ?? WireBody(rest)
        return WireReply(status: from > 0 ? 206 : 200, headers: headers, body: body)
    }
}

/// A bucket without a network, whose requests have to be signed with these keys.
final class PretendBucket: Wire {
    let server = PretendServer()
    private let objects: [String: [UInt8]]
    private let signer: RequestSigner?
    private let mayList: Bool
    private let page: Int
    static let bucket = "models"

    init(_ objects: [String: [UInt8]], signer: RequestSigner? = nil, mayList: Bool = true, page: Int = 1000) {
        self.objects = objects
        self.signer = signer
        self.mayList = mayList
        self.page = page
        for (key, bytes) in objects {
            let path = key.split(separator: "/", omittingEmptySubsequences: false)
                .map { WebAddress.escaped(String($0)) }.joined(separator: "/")
            server.put("/\(Self.bucket)/\(path)", .init(bytes: bytes, tag: Self.tag(bytes)))
        }
    }

    private static func tag(_ bytes: [UInt8]) -> String { "\"\(Digest(of: bytes).hex.prefix(32))\"" }

    func send(_ request: WireRequest) async throws -> WireReply {
        if let signer, !Self.isSigned(request, by: signer) { return Self.fault(403, "SignatureDoesNotMatch") }
        guard request.address.target.hasPrefix("/\(Self.bucket)?") else { return try await server.send(request) }
        guard mayList else { return Self.fault(403, "AccessDenied") }
        return list(request)
    }

    private static func isSigned(_ request: WireRequest, by signer: RequestSigner) -> Bool {
        var bare = request
        for name in ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
            bare.headers.set(name, nil)
        }
        return signer.signed(bare).headers["authorization"] == request.headers["authorization"]
    }

    static func fault(_ status: Int, _ code: String) -> WireReply {
        WireReply(
            status: status,
            body: WireBody(
                Array("<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>no</Message></Error>".utf8)))
    }

    private func list(_ request: WireRequest) -> WireReply {
        var members: [String: String] = [:]
        for pair in request.address.target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            members[String(parts[0])] = parts.count > 1 ? SourcePath.percentDecoded(String(parts[1])) : ""
        }
        let keys = objects.keys.filter { $0.hasPrefix(members["prefix"] ?? "") }.sorted()
        let from = Int(members["continuation-token"] ?? "") ?? 0
        let most = min(page, Int(members["max-keys"] ?? "") ?? 1000)
        let shown = keys.dropFirst(from).prefix(most)
        var text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"x\"><EncodingType>url</EncodingType>"
        for key in shown {
            let bytes = objects[key] ?? []
            let tag = Self.tag(bytes).replacing("\"", with: "&quot;")
            text +=
                "<Contents><Key>\(WebAddress.escaped(key))</Key><ETag>\(tag)</ETag><Size>\(bytes.count)</Size></Contents>"
        }
        let isMore = from + shown.count < keys.count
        text += "<IsTruncated>\(isMore)</IsTruncated>"
        if isMore { text += "<NextContinuationToken>\(from + shown.count)</NextContinuationToken>" }
        return WireReply(status: 200, body: WireBody(Array((text + "</ListBucketResult>").utf8)))
    }
}

/// What was connected to.
final class SeenAddresses: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ text: String) { list.withLock { $0.append(text) } }
}
