import NIOCore
import Synchronization
import Tensors
import Trust

/// Speaks to one repository of one registry: asks again when it is sent on, challenged or put off, within limits.
///
/// A value that can be copied and used from everywhere. Source: OCI Distribution Specification 1.1.
package struct RegistryClient: Sendable {
    /// How to speak to it.
    package struct Options: Sendable {
        package var credentials: Credentials?
        /// Whether the person's configuration names programs that keep credentials; for an error's words.
        package var namesHelpers = false
        /// Speak without TLS also to another machine.
        package var plainHTTP = false
        /// Speak with TLS also to this machine.
        package var alwaysTLS = false
        /// Hosts of token services that may see the credentials besides the registry's own.
        package var tokenHosts: [String] = []
        package var limits = TransferLimits()
        /// Waits; replaced in tests.
        package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        package init() {}
    }

    /// The registry and repository.
    package let place: RemoteReference
    let limits: TransferLimits
    let pause: @Sendable (Duration) async throws -> Void
    private let origin: WebAddress.Origin
    private let policy: AddressPolicy
    private let wire: any Wire
    private let authorizer: Authorizer
    private let contact = Contact()

    package init(_ place: RemoteReference, over wire: any Wire, options: Options = Options()) {
        self.place = place
        limits = options.limits
        pause = options.pause
        origin = place.registry.origin(plainHTTP: options.plainHTTP, alwaysTLS: options.alwaysTLS)
        self.wire = TracedWire(wire: wire, asked: origin)
        policy = AddressPolicy(asked: origin, tokenHosts: Set(options.tokenHosts.compactMap { HostAddress($0) }))
        let time = options.limits.smallReply
        authorizer = Authorizer(
            policy: policy, credentials: options.credentials, namesHelpers: options.namesHelpers
        ) { request in
            try await within(time, "the token service at \(request.address.origin)") {
                let reply = try await wire.send(request)
                return (reply.status, try await reply.bytes(atMost: 1 << 20, "the token service's answer"))
            }
        }
    }

    /// A request before it is known where it goes and as whom.
    struct Call: Sendable {
        var method: String
        var address: WebAddress
        var headers = HeaderFields()
        var body = WireRequest.Body.none
        var scope: Scope
    }

    /// A request below the repository's own path, such as `manifests/1`.
    func call(_ method: String, _ path: String, writes: Bool = false) -> Call {
        let name = place.registry.isDocker && !place.repository.contains("/") ? "library/" : ""
        let address = WebAddress(origin: origin, target: "/v2/\(name)\(place.repository)/\(path)")
        return Call(method: method, address: address, scope: Scope(repository: name + place.repository, writes: writes))
    }

    /// Sends a request: credentials only to the registry itself, challenges answered, redirects of questions followed.
    ///
    /// - Returns: the reply, whatever its status, but for those that say "later".
    /// - Throws: `DistributionError`; transient for 408, 429 and 5xx.
    func send(_ call: Call) async throws -> WireReply {
        var address = call.address
        var redirects = 0
        var challenges = 0
        while true {
            var request = WireRequest(method: call.method, address: address, headers: call.headers, body: call.body)
            let isTrusted = policy.trusts(address.origin)
            let header = isTrusted ? await authorizer.header(for: call.scope) : nil
            request.headers.set("Authorization", header)
            let reply = try await wire.send(request)
            contact.note()
            switch reply.status {
            case 401 where isTrusted && challenges < 2:
                challenges += 1
                _ = try await authorizer.answer(Challenge.all(in: reply.headers), for: call.scope, refused: header)
            case 301, 302, 303, 307, 308:
                redirects += 1
                address = try next(reply, from: address, call, redirects)
            case 408, 429, 500...599: throw later(reply)
            default: return reply
            }
        }
    }

    private func next(
        _ reply: WireReply, from address: WebAddress, _ call: Call, _ redirects: Int
    ) throws(DistributionError) -> WebAddress {
        guard call.method == "GET" || call.method == "HEAD", let location = reply.headers["location"] else {
            throw DistributionError(
                .untrusted, "\(address.origin) sends a \(call.method) elsewhere, which is not followed")
        }
        guard redirects <= AddressPolicy.mostRedirects else {
            throw DistributionError(
                .untrusted, "\(origin) sends us around: more than \(AddressPolicy.mostRedirects) redirects")
        }
        let target = try address.resolving(location)
        try policy.check(redirect: target)
        return target
    }

    private func later(_ reply: WireReply) -> DistributionError {
        let seconds = reply.headers.integer("retry-after").map { Duration.seconds(min($0, 1 << 30)) }
        let wait = seconds.map { " and asks to wait \($0.components.seconds) s" } ?? ""
        return .transient("\(origin) answered \(reply.status)\(wait)", retryAfter: seconds)
    }

    /// Checks where an upload is to go on. Credentials go along only if that is the registry itself.
    func uploadAddress(_ reply: WireReply, from address: WebAddress) throws(DistributionError) -> WebAddress {
        guard let location = reply.headers["location"] else {
            throw DistributionError(.damaged, "\(origin) began an upload and did not say where")
        }
        let target = try address.resolving(location)
        try policy.check(redirect: target)
        return target
    }

    /// Does something small until it goes well or there is no hope.
    func retrying<Result: Sendable>(
        _ what: String, _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        var failures = 0
        while true {
            do {
                return try await within(limits.smallReply, what, body)
            } catch let error as DistributionError where error.isTransient {
                failures += 1
                try await rest(after: failures, error)
            }
        }
    }

    /// Waits as long as is due, or gives up with the error.
    func rest(after failures: Int, _ error: DistributionError) async throws {
        let time = limits.pause(after: failures, asked: error.retryAfter, chance: Double.random(in: 0...1))
        guard let time, contact.isMade || !error.isUnreached else {
            var last = error
            last.isTransient = false
            last.help = last.help ?? "try again later; what has been transferred is kept"
            throw last
        }
        try await pause(time)
    }

    /// What a reply that is no success means.
    func failure(_ reply: WireReply, _ what: String) async -> DistributionError {
        let said = try? await within(limits.smallReply, what) {
            RegistryFault.text(try await reply.bytes(atMost: 64 << 10, "an error"))
        }
        let words = "\(origin) answered \(reply.status) to \(what)\((said ?? nil).map { ": \($0)" } ?? "")"
        switch reply.status {
        case 404: return DistributionError(.notFound, words, help: "check the name of the repository")
        case 405: return DistributionError(.denied, words, help: "the registry is read-only, or does not do this")
        case 401, 403:
            return DistributionError(.denied, words, help: "check what this user may do there")
        case 413: return DistributionError(.tooLarge, words)
        default: return DistributionError(.refused, words)
        }
    }
}

/// Whether the other side has ever answered.
final class Contact: Sendable {
    private let made = Mutex(false)
    var isMade: Bool { made.withLock { $0 } }
    func note() { made.withLock { $0 = true } }
}

/// What a registry says when it refuses. Source: OCI Distribution Specification 1.1, "Error codes".
enum RegistryFault {
    /// `BLOB_UNKNOWN: blob unknown to registry`; `nil` when the bytes are no such document.
    static func text(_ bytes: [UInt8]) -> String? {
        guard let json = try? JSONValue.parse(bytes), let first = json["errors"]?.arrayValue?.first else { return nil }
        let parts = [first["code"]?.stringValue, first["message"]?.stringValue].compactMap(\.self)
        return parts.isEmpty ? nil : SafeText.short(parts.joined(separator: ": "))
    }
}

extension WireReply {
    /// The whole of a small body.
    ///
    /// - Throws: `DistributionError.Code.tooLarge` as soon as it is promised or found to be larger.
    func bytes(atMost limit: Int, _ what: String) async throws -> [UInt8] {
        let tooLarge = DistributionError(.tooLarge, "\(what) is larger than the \(limit) bytes that are accepted")
        if let promised = headers.integer("content-length"), promised > limit { throw tooLarge }
        var bytes: [UInt8] = []
        for try await chunk in body {
            guard chunk.readableBytes <= limit - bytes.count else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        try Task.checkCancellation()
        return bytes
    }
}
