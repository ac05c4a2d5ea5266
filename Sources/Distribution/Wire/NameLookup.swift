import Glibc
import NIOPosix

/// Addresses of a name, in the order in which the system would try them.
package typealias NameLookup = @Sendable (String) async throws -> [String]

/// The system's resolver.
enum SystemLookup {
    static let mostAddresses = 16

    /// - Throws: a `DistributionError` that says nobody is there, for a name without an address.
    @Sendable static func addresses(of name: String) async throws -> [String] {
        // The resolver blocks, so it gets a thread that may wait.
        try await NIOThreadPool.singleton.runIfActive { try blocking(name) }
    }

    private static func blocking(_ name: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else {
            let reason = String(cString: gai_strerror(code)).lowercased()
            if code == EAI_AGAIN { throw DistributionError.transient("'\(name)' cannot be looked up: \(reason)") }
            throw DistributionError.unreached("'\(name)'", reason)
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee, addresses.count < mostAddresses {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = entry.ai_next
        }
        return addresses
    }
}
