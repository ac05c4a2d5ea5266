import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The network. The only file that knows the HTTP library.
package final class WebWire: Wire {
    private let client: HTTPClient

    /// - Parameters:
    ///   - idle: how long a connection may be silent.
    ///   - authorities: certificate authorities in PEM that are trusted besides the system's.
    ///   - overrides: addresses that are connected to in place of what a name would be looked up as.
    /// - Throws: `DistributionError.Code.invalid` for authorities that are none.
    init(
        idle: Duration, authorities: [UInt8]?, overrides: [String: String] = [:]
    ) throws(DistributionError) {
        var configuration = HTTPClient.Configuration()
        configuration.dnsOverride = overrides
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let silence = TimeAmount.nanoseconds(Int64(clamping: idle.nanoseconds))
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(10), read: silence, write: silence)
        if let authorities {
            var security = TLSConfiguration.makeClientConfiguration()
            guard let roots = try? NIOSSLCertificate.fromPEMBytes(authorities), !roots.isEmpty else {
                throw DistributionError(
                    .invalid, "the file of certificate authorities has no certificate in PEM",
                    help: "give with --ca a file with -----BEGIN CERTIFICATE----- in it")
            }
            security.additionalTrustRoots = [.certificates(roots)]
            configuration.tlsConfiguration = security
        }
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    /// Opens the network for as long as `body` runs.
    package static func open<Result: Sendable>(
        idle: Duration = .seconds(120), authorities: [UInt8]? = nil,
        _ body: @Sendable (WebWire) async throws -> Result
    ) async throws -> Result {
        let wire = try WebWire(idle: idle, authorities: authorities)
        do {
            let result = try await body(wire)
            try? await wire.client.shutdown()
            return result
        } catch {
            try? await wire.client.shutdown()
            throw error
        }
    }

    /// Ends every connection.
    func close() async { try? await client.shutdown() }

    package func send(_ request: WireRequest) async throws -> WireReply {
        var outgoing = HTTPClientRequest(url: request.address.description)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for field in request.headers.fields { outgoing.headers.add(name: field.name, value: field.value) }
        switch request.body {
        case .none: if request.method == "POST" || request.method == "PUT" { outgoing.body = .bytes(ByteBuffer()) }
        case .bytes(let bytes): outgoing.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let slice): outgoing.body = .stream(FileBytes(slice: slice), length: .known(Int64(slice.count)))
        }
        let place = request.address.origin.description
        do {
            // The deadline is for the head and far away; what is too slow is noticed where the body is read.
            let response = try await client.execute(outgoing, deadline: .now() + .hours(24))
            return WireReply(
                status: Int(response.status.code),
                headers: HeaderFields(response.headers.map { ($0.name, $0.value) }),
                body: Self.body(response.body, place))
        } catch {
            throw Self.adapted(error, place)
        }
    }

    private static func body(_ body: HTTPClientResponse.Body, _ place: String) -> WireBody {
        WireBody {
            var iterator = body.makeAsyncIterator()
            return {
                do {
                    return try await iterator.next()
                } catch {
                    throw adapted(error, place)
                }
            }
        }
    }

    /// An error of the HTTP library, of TLS or of a socket in our words.
    private static func adapted(_ error: any Error, _ place: String) -> any Error {
        switch error {
        case is DistributionError, is CancellationError: return error
        case let error as HTTPClientError where error == .cancelled && Task.isCancelled: return CancellationError()
        case let error as HTTPClientError: return adapted(error, place)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return DistributionError(
                .untrusted, "\(place) could not prove who it is: \(error)",
                help: "check the name; trust a private authority with --ca FILE")
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { Self.reason($0.error) } ?? "its name is unknown"
            return DistributionError.unreached(place, reason)
        case let error as IOError where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode):
            return DistributionError.unreached(place, reason(error))
        case let error as IOError:
            return DistributionError.transient("the connection to \(place) failed: \(reason(error))")
        default: return DistributionError.transient("the connection to \(place) failed: \(error)")
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode)).lowercased()
    }

    private static func adapted(_ error: HTTPClientError, _ place: String) -> DistributionError {
        switch error {
        case .readTimeout, .writeTimeout, .deadlineExceeded: .transient("\(place) is silent")
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
            .unreached(place, "it took too long")
        case .remoteConnectionClosed, .uncleanShutdown: .transient("\(place) ended the connection in the middle")
        default: .transient("the connection to \(place) failed: \(error)")
        }
    }
}

/// A part of a file, read a megabyte at a time while it is sent.
private struct FileBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let slice: FileSlice

    final class AsyncIterator: AsyncIteratorProtocol {
        private let slice: FileSlice
        private let descriptor: Int32
        private var done = 0

        init(_ slice: FileSlice) {
            self.slice = slice
            descriptor = open(slice.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        func next() async throws -> ByteBuffer? {
            guard descriptor >= 0 else { throw DistributionError.system("open", slice.path) }
            let wanted = Swift.min(1 << 18, slice.count - done)
            guard wanted > 0 else { return nil }
            var buffer = ByteBufferAllocator().buffer(capacity: wanted)
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
                Swift.max(0, pread(descriptor, bytes.baseAddress, wanted, slice.offset + done))
            }
            guard count > 0 else {
                throw DistributionError(.damaged, "'\(slice.path)' is shorter than it was", help: "run 'slipway fsck'")
            }
            done += count
            slice.sent(slice.offset + done)
            return buffer
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(slice) }
}

extension Duration {
    /// Clamped to what fits.
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ Int(attoseconds / 1_000_000_000)
    }
}
