import Synchronization
import Trust

/// The network for addresses that a person or a redirect names: names are looked up here, every address is checked,
/// and the connection goes to an address that was checked. So a name that changes its answer between check and
/// connection gains nothing.
package final class GuardedWire: Wire {
    private let policy: SourcePolicy
    private let lookup: NameLookup
    private let make: @Sendable (_ host: String, _ address: String) throws -> any Wire
    private let wires = Mutex<[String: any Wire]>([:])

    /// - Parameter make: opens a wire on which a host is at one address.
    init(
        policy: SourcePolicy, lookup: @escaping NameLookup = SystemLookup.addresses,
        make: @escaping @Sendable (_ host: String, _ address: String) throws -> any Wire
    ) {
        self.policy = policy
        self.lookup = lookup
        self.make = make
    }

    /// Opens the network for as long as `body` runs.
    ///
    /// - Parameter authorities: certificate authorities in PEM that are trusted besides the system's.
    package static func open<Result: Sendable>(
        policy: SourcePolicy, authorities: [UInt8]? = nil, idle: Duration = .seconds(120),
        _ body: @Sendable (GuardedWire) async throws -> Result
    ) async throws -> Result {
        let wire = GuardedWire(policy: policy) { host, address in
            try WebWire(idle: idle, authorities: authorities, overrides: [host: address])
        }
        do {
            let result = try await body(wire)
            await wire.close()
            return result
        } catch {
            await wire.close()
            throw error
        }
    }

    private func close() async {
        for case let wire as WebWire in wires.withLock({ Array($0.values) }) { await wire.close() }
    }

    package func send(_ request: WireRequest) async throws -> WireReply {
        try await CallTrace.carry(request, asked: policy.asked) { try await connected($0) }
    }

    private func connected(_ request: WireRequest) async throws -> WireReply {
        let origin = request.address.origin
        let addresses = try await addresses(of: origin)
        var failure: DistributionError?
        for address in addresses {
            do {
                return try await wire(origin.host.written, address).send(request)
            } catch let error as DistributionError where error.isUnreached {
                failure = failure ?? error
            }
        }
        throw failure ?? DistributionError.unreached("\(origin)", "its name has no address")
    }

    /// The checked addresses of an origin. One that may not be spoken to refuses them all.
    private func addresses(of origin: WebAddress.Origin) async throws -> [String] {
        if case .numeric(let text, _, _) = origin.host {
            try policy.check(numeric: text, of: origin)
            return [text]
        }
        let found = try await lookup(origin.host.written)
        for address in found { try policy.check(numeric: address, of: origin) }
        return found
    }

    private func wire(_ host: String, _ address: String) throws -> any Wire {
        try wires.withLock { wires in
            if let wire = wires["\(host) \(address)"] { return wire }
            let wire = try make(host, address)
            wires["\(host) \(address)"] = wire
            return wire
        }
    }
}
