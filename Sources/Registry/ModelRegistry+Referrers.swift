package import Home
package import Tensors
package import Trust

/// What a referrer tells about a version.
package struct ReferrerKind: Hashable, Sendable, RawRepresentable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// How it was trained or made.
    package static let provenance = ReferrerKind(rawValue: "provenance")
    /// How well it does on an evaluation set.
    package static let evaluation = ReferrerKind(rawValue: "evaluation")
    /// How engines differ on it.
    package static let comparison = ReferrerKind(rawValue: "comparison")
    /// What it was made from.
    package static let lineage = ReferrerKind(rawValue: "lineage")
    /// Which engine, precision and thread count it runs best with here.
    package static let tuning = ReferrerKind(rawValue: "tuning")
    /// What an engine's optimisation made of its graph for this machine.
    package static let prepared = ReferrerKind(rawValue: "prepared")

    /// Whether it is true, and to be trusted, in the home that made it and nowhere else: it leaves with no archive, and is
    /// taken from none.
    package var isLocal: Bool { self == .tuning || self == .prepared }
}

/// Something known about a version, attached to its digest.
package struct Referrer: Hashable, Sendable {
    package let kind: ReferrerKind
    /// Which of its kind, such as the name of an evaluation set.
    package let name: String
    package let payload: JSONValue
    package let createdAt: Timestamp

    init(_ row: ReferrerRow) throws(HomeError) {
        kind = ReferrerKind(rawValue: row.kind)
        name = row.name
        createdAt = row.createdAt
        do {
            payload = try JSONValue.parse(Array(row.payload.utf8))
        } catch {
            throw HomeError(.damaged, "a referrer of \(row.digest) is not valid JSON: \(error.message)")
        }
    }
}

extension ModelRegistry {
    /// Attaches what is known about a version. Earlier ones of the same kind and name stay as its history;
    /// what the newest of them says already is not said twice.
    ///
    /// - Throws: `RegistryError.Code.notFound` when no version has this digest.
    package func attach(
        _ payload: JSONValue, kind: ReferrerKind, name: String = "", to digest: Digest
    ) throws {
        try database.write { transaction in
            guard try !transaction.versions(withDigest: digest.description).isEmpty else {
                throw RegistryError(.notFound, "no version has the digest \(digest)")
            }
            let said = payload.encodedString()
            let newest = try transaction.referrers(
                of: digest.description, kind: kind.rawValue, name: name, limit: 1
            ).first
            guard newest?.payload != said else { return }
            try transaction.attachReferrer(to: digest.description, kind: kind.rawValue, name: name, payload: said)
        }
    }

    /// What is known about a version, newest first.
    ///
    /// - Parameters:
    ///   - kind: only this kind; `nil` for all.
    ///   - limit: at most 1000.
    package func referrers(
        of digest: Digest, kind: ReferrerKind? = nil, name: String? = nil, limit: Int = 1000
    ) throws -> [Referrer] {
        try database.read { snapshot in
            try snapshot.referrers(of: digest.description, kind: kind?.rawValue, name: name, limit: limit)
                .map { try Referrer($0) }
        }
    }
}
