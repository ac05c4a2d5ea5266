import Home
import NIOCore
import Trust

/// Fetches files from a web server or a bucket: redirects followed where that is safe, broken connections taken up again
/// at the byte where they stood.
struct SourceClient: Sendable {
    /// Puts a signature onto a request that goes to the place that was asked for.
    typealias Signing = @Sendable (WireRequest) -> WireRequest

    /// A file that is wanted.
    struct Wanted: Sendable {
        var address: WebAddress
        /// As people and errors call it: without query and credentials.
        var shown: String
        /// The most bytes that are taken.
        var largest: Int
        var digest: Digest?
        /// The tag that a listing gave it; another one is another file.
        var entityTag: String?
        /// Signed requests are not redirected.
        var signing: Signing?
        var followsRedirects = true
    }

    let wire: any Wire
    let policy: SourcePolicy
    let home: HomeDirectory
    var limits = TransferLimits()
    var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    private let contact = Contact()

    init(
        over wire: any Wire, policy: SourcePolicy, home: HomeDirectory, limits: TransferLimits = TransferLimits(),
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.wire = wire
        self.policy = policy
        self.home = home
        self.limits = limits
        self.pause = pause
    }

    // MARK: - Small exchanges

    /// A small document as a whole, tried again where that may help.
    func document(_ request: WireRequest, _ wanted: Wanted) async throws -> (reply: WireReply, bytes: [UInt8]) {
        var failures = 0
        while true {
            do {
                return try await within(limits.smallReply, "the answer of \(request.address.origin)") {
                    let reply = try await send(request, wanted)
                    return (reply, try await reply.bytes(atMost: wanted.largest, wanted.shown))
                }
            } catch let error as DistributionError where error.isTransient {
                failures += 1
                try await rest(after: failures, error)
            }
        }
    }

    /// Sends a request on its way through redirects.
    ///
    /// - Throws: `DistributionError`; transient for answers that say "later".
    private func send(_ request: WireRequest, _ wanted: Wanted) async throws -> WireReply {
        var request = request
        var redirects = 0
        while true {
            let reply = try await wire.send(wanted.signing?(request) ?? request)
            contact.note()
            switch reply.status {
            case 301, 302, 303, 307, 308:
                guard wanted.followsRedirects else { return reply }
                redirects += 1
                request.address = try next(reply, from: request.address, redirects)
            case 408, 429, 500...599: throw Self.later(reply, request.address.origin)
            default: return reply
            }
        }
    }

    private func next(
        _ reply: WireReply, from address: WebAddress, _ redirects: Int
    ) throws(DistributionError) -> WebAddress {
        guard redirects <= SourcePolicy.mostRedirects, let location = reply.headers["location"] else {
            throw DistributionError(
                .untrusted, "\(policy.asked) sends us around: more than \(SourcePolicy.mostRedirects) redirects")
        }
        let target = try address.resolving(location)
        try policy.check(redirect: target.origin)
        return target
    }

    private static func later(_ reply: WireReply, _ origin: WebAddress.Origin) -> DistributionError {
        let seconds = reply.headers.integer("retry-after").map { Duration.seconds(min($0, 1 << 30)) }
        return .transient("\(origin) answered \(reply.status)", retryAfter: seconds)
    }

    /// Waits as long as is due, or gives up with the error.
    private func rest(after failures: Int, _ error: DistributionError) async throws {
        let time = limits.pause(after: failures, asked: error.retryAfter, chance: Double.random(in: 0...1))
        guard let time, contact.isMade || !error.isUnreached else {
            var last = error
            last.isTransient = false
            last.help =
                error.isUnreached ? "check the address" : "try again later; what has been transferred is kept"
            throw last
        }
        try await pause(time)
    }

    // MARK: - Files

    /// Fetches a file, going on where it ends.
    ///
    /// - Parameter report: told how many of its bytes are there, and how many there will be, where that is known.
    /// - Throws: `DistributionError.Code.damaged` when the bytes are not those of the digest, `.tooLarge`, `.notFound`…
    func fetch(
        _ wanted: Wanted, into part: SourcePart, report: @Sendable (Int, Int?) -> Void = { _, _ in }
    ) async throws {
        var failures = 0
        var isSecondChance = part.count == 0
        while true {
            let before = part.count
            do {
                try await receive(wanted, part, report)
                try Self.verify(wanted, part)
                return
            } catch let error as DistributionError where error.isTransient {
                failures = part.count - before >= limits.slowBytes ? 1 : failures + 1
                try await rest(after: failures, error)
            } catch let error as DistributionError where error.code == .damaged && !isSecondChance {
                // What an earlier process left may be what is wrong.
                isSecondChance = true
                try part.restart()
            }
        }
    }

    private static func verify(_ wanted: Wanted, _ part: SourcePart) throws(DistributionError) {
        guard let digest = wanted.digest, part.file.digest != digest else { return }
        throw DistributionError(
            .damaged, "'\(wanted.shown)' has the digest \(part.file.digest), expected \(digest)",
            help: "check --sha256; if it is right, the file was damaged or replaced: nothing was imported")
    }

    private func receive(
        _ wanted: Wanted, _ part: SourcePart, _ report: @Sendable (Int, Int?) -> Void
    ) async throws {
        let note = part.note
        let isSame = wanted.entityTag == nil || wanted.entityTag == note.entityTag
        if part.count > 0, !isSame || (note.validator == nil && wanted.digest == nil) { try part.restart() }
        if part.count > 0, part.count == note.total, wanted.digest != nil || wanted.entityTag != nil { return }
        let request = Self.request(wanted, part)
        let reply = try await within(limits.smallReply, "the answer for '\(wanted.shown)'") {
            try await send(request, wanted)
        }
        guard try await begin(reply, wanted, part) else { return }
        report(part.count, part.note.total)
        try await take(reply, wanted, part, report)
    }

    private static func request(_ wanted: Wanted, _ part: SourcePart) -> WireRequest {
        var request = WireRequest(method: "GET", address: wanted.address)
        request.headers.set("Accept-Encoding", "identity")
        request.headers.set("Accept", "*/*")
        if let tag = wanted.entityTag { request.headers.set("If-Match", tag) }
        guard part.count > 0 else { return request }
        let note = part.note
        if part.count == note.total {
            request.headers.set(note.entityTag == nil ? "If-Modified-Since" : "If-None-Match", note.validator)
            return request
        }
        request.headers.set("Range", "bytes=\(part.count)-")
        if wanted.entityTag == nil { request.headers.set("If-Range", note.validator) }
        return request
    }

    /// Looks at the head of a reply.
    ///
    /// - Returns: whether bytes are to be read: not when the file is whole already.
    private func begin(_ reply: WireReply, _ wanted: Wanted, _ part: SourcePart) async throws -> Bool {
        switch reply.status {
        case 200:
            let total = reply.headers.integer("content-length")
            try part.restart(SourcePart.Note(reply.headers, total: total))
            try checkSize(total, wanted, part)
        case 206:
            let total = try Self.total(of: reply, wanted, part)
            try checkSize(total, wanted, part)
            if part.note.total == nil {
                part.write(SourcePart.Note(entityTag: part.note.entityTag, modified: part.note.modified, total: total))
            }
        case 304 where part.count > 0: return false
        case 412, 416:
            try part.restart()
            throw DistributionError.transient("'\(wanted.shown)' is another file than it was")
        default: throw await failure(reply, wanted)
        }
        if let coding = reply.headers["content-encoding"], coding.lowercased() != "identity" {
            throw DistributionError(.refused, "'\(wanted.shown)' comes in the coding '\(SafeText.short(coding))'")
        }
        return true
    }

    private func checkSize(_ total: Int?, _ wanted: Wanted, _ part: SourcePart) throws(DistributionError) {
        guard let total else { return }
        guard total <= wanted.largest else { throw Self.tooLarge(wanted, "\(total)") }
        try HomeSpace.require(total - part.count, in: home)
    }

    /// Reads `bytes 100-199/200`, which has to go on where the file ends. Source: RFC 9110 section 14.4.
    private static func total(
        of reply: WireReply, _ wanted: Wanted, _ part: SourcePart
    ) throws(DistributionError) -> Int? {
        let text = reply.headers["content-range"]?.trimmed.lowercased() ?? ""
        let numbers = text.dropFirst("bytes ".count).split { $0 == "-" || $0 == "/" }
        guard text.hasPrefix("bytes "), numbers.count == 3, Int(numbers[0]) == part.count, part.count > 0,
            let last = Int(numbers[1]), last >= part.count
        else {
            throw DistributionError(
                .damaged,
                "asked for byte \(part.count) on of '\(wanted.shown)', the server answers with '\(SafeText.short(text))'"
            )
        }
        let total = numbers[2] == "*" ? part.note.total : Int(numbers[2])
        let tag = SourcePart.Note(reply.headers, total: total).entityTag
        guard let total, last == total - 1, part.note.total == nil || part.note.total == total,
            tag == nil || part.note.entityTag == nil || tag == part.note.entityTag
        else {
            try part.restart()
            throw DistributionError.transient("'\(wanted.shown)' is another file than it was")
        }
        return total
    }

    private func take(
        _ reply: WireReply, _ wanted: Wanted, _ part: SourcePart, _ report: @Sendable (Int, Int?) -> Void
    ) async throws {
        let total = part.note.total
        let most = min(total ?? .max, wanted.largest)
        var watch = SlownessWatch(limits)
        for try await chunk in reply.body {
            guard chunk.readableBytes <= most - part.count else { throw Self.tooLarge(wanted, "more") }
            try chunk.withUnsafeReadableBytes { try part.file.append($0) }
            report(part.count, total)
            try watch.add(chunk.readableBytes, at: .now)
        }
        try Task.checkCancellation()
        guard total == nil || part.count == total else {
            throw DistributionError.transient("'\(wanted.shown)' ended after \(part.count) of \(total ?? 0) bytes")
        }
    }

    private static func tooLarge(_ wanted: Wanted, _ found: String) -> DistributionError {
        DistributionError(
            .tooLarge, "'\(wanted.shown)' has \(found) bytes; at most \(wanted.largest) are accepted",
            help: "raise the limit with --max-size, where that is meant")
    }

    /// What a reply that is no success means.
    func failure(_ reply: WireReply, _ wanted: Wanted) async -> DistributionError {
        let said = try? await within(limits.smallReply, "an error") {
            try await reply.bytes(atMost: 64 << 10, "an error")
        }
        return Self.failure(reply, said: said ?? [], wanted)
    }

    /// The same, where its body was read.
    static func failure(_ reply: WireReply, said: [UInt8], _ wanted: Wanted) -> DistributionError {
        let fault = BucketFault(said)
        let words =
            "\(wanted.address.origin) answered \(reply.status) to '\(wanted.shown)'"
            + (fault.map { ": \($0.text)" } ?? "")
        switch reply.status {
        case 404, 410: return DistributionError(.notFound, words, help: "check the address")
        case 401, 403:
            let help =
                wanted.signing == nil
                ? "it asks for credentials; for a bucket set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --s3-profile"
                : "check what these credentials may read, and that this machine's clock is right"
            return DistributionError(.denied, words, help: help)
        case 413: return DistributionError(.tooLarge, words)
        default: return DistributionError(.refused, words)
        }
    }
}
