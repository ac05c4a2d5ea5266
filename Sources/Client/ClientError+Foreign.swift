import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Tensors

/// Errors of SwiftNIO and of `Tensors` in this client's terms: the one place that knows theirs.
extension ClientError {
    /// An error from opening a connection to `server`.
    init(connecting server: ServerAddress, _ error: any Error) {
        switch error {
        case let error as ClientError:
            self = error
        case ChannelError.connectTimeout(let amount):
            let milliseconds = amount.nanoseconds / 1_000_000
            self.init(.timedOut, "\(server) did not accept a connection within \(milliseconds) ms")
        case is SocketAddressError:
            self.init(.invalidAddress, "\(server) is not an address: \(Self.reason(error))")
        default:
            self.init(.unreachable, "cannot connect to \(server): \(Self.reason(error)); is the server running?")
        }
    }

    /// An error from a connection that was open.
    init(talking error: any Error) {
        switch error {
        case let error as ClientError:
            self = error
        case HTTPParserError.invalidEOFState:
            self.init(.closed, "the connection ended in the middle of the reply")
        case is HTTPParserError, is NIOHTTPDecoderError:
            self.init(.malformedReply, "the reply is not HTTP/1.1: \(error)")
        default:
            self.init(.closed, "the connection ended before the reply: \(Self.reason(error))")
        }
    }

    init(_ error: TensorError) { self.init(.invalidRequest, error.message) }

    /// A short cause without SwiftNIO's type names.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError:
            reason(errno: error.errnoCode) ?? "error \(error.errnoCode)"
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                reason(first.error)
            } else {
                "there is no host '\(error.host)'"
            }
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof, ChannelError.outputClosed:
            "the server closed it"
        case ChannelError.connectTimeout:
            "it was not accepted in time"
        default:
            String(describing: error)
        }
    }

    private static func reason(errno: CInt) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let text = buffer.baseAddress, strerror_r(errno, text, buffer.count) == 0 else { return nil }
            return String(cString: text)
        }
    }
}
