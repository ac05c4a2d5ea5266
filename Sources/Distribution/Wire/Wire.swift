package import NIOCore

/// What carries requests: the network, or a script in tests. One request, one reply; no redirects, no retries, no
/// credentials of its own.
package protocol Wire: Sendable {
    /// Sends a request and returns when the head of the reply is there.
    ///
    /// - Throws: `DistributionError`, transient where the connection failed.
    func send(_ request: WireRequest) async throws -> WireReply
}

/// A request as it goes out.
package struct WireRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FileSlice)

        /// In bytes.
        package var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .file(let slice): slice.count
            }
        }
    }

    package var method: String
    package var address: WebAddress
    package var headers: HeaderFields
    package var body: Body

    package init(
        method: String, address: WebAddress, headers: HeaderFields = HeaderFields(), body: Body = .none
    ) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }
}

/// A reply whose body comes as it is read.
package struct WireReply: Sendable {
    package var status: Int
    package var headers: HeaderFields
    package var body: WireBody

    package init(status: Int, headers: HeaderFields = HeaderFields(), body: WireBody = WireBody([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The bytes of a reply. Nobody reads ahead; when reading stops, the connection is given up.
package struct WireBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    private let make: @Sendable () -> () async throws -> ByteBuffer?

    /// - Parameter make: makes what gives the next bytes, and `nil` at the end.
    package init(_ make: @escaping @Sendable () -> () async throws -> ByteBuffer?) { self.make = make }

    /// Bytes that are there.
    package init(_ bytes: [UInt8]) {
        self.init {
            var rest: ByteBuffer? = bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
            return {
                defer { rest = nil }
                return rest
            }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let read: () async throws -> ByteBuffer?

        package mutating func next() async throws -> ByteBuffer? { try await read() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(read: make()) }
}

/// A part of a file that is to be sent.
package struct FileSlice: Sendable {
    package var path: String
    package var offset: Int
    package var count: Int
    /// Told how far into the file the connection has taken it.
    package var sent: @Sendable (Int) -> Void = { _ in }
}
