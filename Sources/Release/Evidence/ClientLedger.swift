import Tensors

/// Which clients have failed already, so that one that fails again and again is not taken for many.
///
/// A client with a routing key stays on its arm, so its failures come in bursts and belong together: counted one by one they
/// would be mistaken for evidence (bursts of five: a quarter of good canaries rolled back).
package struct ClientLedger: Hashable, Sendable {
    /// What of a client is counted.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// One failure for as long as the client's arm is known; again after a larger share may have moved it, with the
        /// probability that it did. Holds whatever clients do, such as one whose every request fails.
        case perClient
        /// One failure in 60 seconds: more evidence where few clients call, as long as none of them fails all the time.
        case perMinute
    }

    private struct Entry: Hashable {
        var onCanary: Bool
        /// Basis points at the time.
        var share: Int
        /// Milliseconds since 1970-01-01 UTC.
        var time: Int
    }

    /// More clients than this are not counted, on either arm alike.
    package static let capacity = 4096

    package let rule: Rule
    private var entries: [UInt64: Entry] = [:]
    package private(set) var canaryClients = 0
    package private(set) var stableClients = 0

    package init(_ rule: Rule) { self.rule = rule }

    /// Looks whether a failure of a client counts.
    ///
    /// - Parameters:
    ///   - share: what part of the clients the canary has now, in basis points.
    ///   - time: milliseconds since 1970-01-01 UTC.
    /// - Returns: the probability with which it would have been the canary's, by what was known of the client; `nil` when
    ///   it does not count.
    package mutating func admit(_ client: UInt64, onCanary: Bool, share: Int, at time: Int) -> Double? {
        let whole = Double(TrafficSplit.whole)
        let now = Entry(onCanary: onCanary, share: share, time: time)
        guard let before = entries[client] else {
            guard entries.count < Self.capacity else { return nil }
            entries[client] = now
            if onCanary { canaryClients += 1 } else { stableClients += 1 }
            return Double(share) / whole
        }
        switch rule {
        case .perMinute:
            guard time - before.time >= 60_000 else { return nil }
            entries[client] = now
            return Double(share) / whole
        case .perClient:
            guard !before.onCanary, share > before.share, before.share < TrafficSplit.whole else { return nil }
            entries[client] = now
            return Double(share - before.share) / (whole - Double(before.share))
        }
    }
}

extension ClientLedger {
    var json: JSONValue {
        .object([
            ("canary", .integer(canaryClients)), ("stable", .integer(stableClients)),
            (
                "entries",
                .array(
                    entries.sorted { $0.key < $1.key }.map { client, entry in
                        .array([
                            .integer(Int(bitPattern: UInt(client))), .integer(entry.onCanary ? 1 : 0),
                            .integer(entry.share), .integer(entry.time),
                        ])
                    })
            ),
        ])
    }

    init(json: JSONValue, _ rule: Rule) throws(ReleaseError) {
        let fields = try JSONFields(json, "clients", known: ["canary", "stable", "entries"])
        self.init(rule)
        canaryClients = try fields.int("canary")
        stableClients = try fields.int("stable")
        for entry in try fields.array("entries").prefix(Self.capacity) {
            let numbers = (entry.arrayValue ?? []).compactMap(\.intValue)
            guard numbers.count == 4 else { throw JSONFields.malformed("clients.entries", "four numbers each") }
            entries[UInt64(UInt(bitPattern: numbers[0]))] = Entry(
                onCanary: numbers[1] == 1, share: numbers[2], time: numbers[3])
        }
    }
}
