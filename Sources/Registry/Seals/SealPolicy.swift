package import Home
package import Seals
import Tensors
package import Trust

/// Whose seals a home's server asks for. While it is recorded, nothing without one goes into service, and nothing older
/// in place of something newer unless somebody says so.
package struct SealPolicy: Sendable {
    /// Any of them will do, so that one can take another's place.
    package let keys: [VerifyingKey]

    private static let setting = "seals.required"
    /// More keys than anybody asks for.
    package static let mostKeys = 16

    /// - Throws: `SealError.Code.key` without a key, or with too many.
    package init(keys: [VerifyingKey]) throws(SealError) {
        guard (1...Self.mostKeys).contains(keys.count) else {
            throw SealError(.key, "1 to \(Self.mostKeys) keys can be asked for, found \(keys.count)")
        }
        self.keys = keys
    }

    fileprivate init?(in reading: some HomeReading) throws {
        guard let text = try reading.setting(Self.setting) else { return nil }
        let pems = try JSONValue.parse(Array(text.utf8)).arrayValue?.compactMap(\.stringValue) ?? []
        try self.init(keys: pems.map { try VerifyingKey(pem: $0, in: "the home") })
    }

    fileprivate var text: String { JSONValue.array(keys.map { .string($0.pem) }).encodedString() }

    /// Records whose seals are asked for from now on; `nil` for nobody's.
    package static func record(_ policy: SealPolicy?, in database: HomeDatabase) throws {
        let text = policy?.text
        guard try database.read({ try $0.setting(setting) }) != text else { return }
        try database.write { try $0.setSetting(setting, to: text) }
    }
}

/// What takes the place of what.
package struct Succession: Sendable {
    /// A version by what it is called and what it is.
    package struct Member: Sendable {
        package var model: String
        package var number: Int
        package var digest: Digest

        package init(model: String, number: Int, digest: Digest) {
            self.model = model
            self.number = number
            self.digest = digest
        }

        var name: String { "\(model):\(number)" }
    }

    package var next: Member
    /// `nil` where there was none.
    package var present: Member?
    /// The command that goes back in an orderly way, where there is one.
    package var rollback: String?

    package init(next: Member, present: Member?, rollback: String? = nil) {
        self.next = next
        self.present = present
        self.rollback = rollback
    }
}

extension HomeReading {
    /// Whose seals are asked for; `nil` for nobody's.
    package func sealPolicy() throws -> SealPolicy? { try SealPolicy(in: self) }

    /// Refuses what the policy forbids to take the place of what is there.
    ///
    /// - Returns: what is to be noted: that an older version took the place of a newer one, because somebody said so.
    /// - Throws: `SealError.Code.required` for a version without a seal that holds, `.older`.
    package func require(
        _ policy: SealPolicy, for succession: Succession, allowsOlder: Bool
    ) throws -> String? {
        let next = succession.next
        let seal = try seal(of: next.digest, called: next.name, by: policy.keys)
        guard let present = succession.present, present.digest != next.digest else { return nil }
        // Where that one has no seal, its number tells.
        let other = try? self.seal(of: present.digest, called: present.name, by: policy.keys)
        let isOlder =
            other.map { seal.signedAt < $0.signedAt } ?? (next.model == present.model && next.number < present.number)
        guard isOlder else { return nil }
        guard allowsOlder else {
            throw SealError(
                .older, "'\(next.name)' is older than '\(present.name)', which is there now",
                help: (succession.rollback.map { "go back with '\($0)', or " } ?? "")
                    + "say that the older one is meant with --allow-older")
        }
        return "older than \(present.name), as was asked for"
    }
}
