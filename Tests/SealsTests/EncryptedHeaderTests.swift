import Tensors
import Testing

@testable import Seals

@Suite struct EncryptedHeaderTests {
    private let alice = IdentityKey()
    private let bob = IdentityKey()
    private let mediaType = "application/x"

    private func header(_ key: DataKey = DataKey(), for identities: [IdentityKey]) throws -> EncryptedHeader {
        try EncryptedHeader(key, mediaType: mediaType, for: identities.map(\.recipient))
    }

    @Test func everyRecipientHasTheKeyAndNobodyElse() throws {
        let key = DataKey()
        let header = try EncryptedHeader(parsing: try header(key, for: [alice, bob]).encoded)
        #expect(try header.key(for: alice).key == key.key)
        #expect(try header.key(for: bob).key == key.key)
        let error = try #require(throws: SealError.self) { try header.key(for: IdentityKey()) }
        #expect(error.code == .undecipherable && error.message.contains(alice.recipient.hint.prefix(12)))
    }

    private func changed(_ header: EncryptedHeader, _ path: [String], _ value: JSONValue?) throws -> [UInt8] {
        let json = try JSONValue.parse(Array(header.encoded.dropFirst(EncryptedHeader.preambleBytes)))
            .with(path, value).encoded()
        return EncryptedHeader.magic + [0, 0, UInt8(json.count >> 8), UInt8(json.count & 255)] + json
    }

    /// A key's name pointing at another key: one error, and not which check failed.
    @Test func aNameThatPointsAtTheWrongKeyOpensNothing() throws {
        let header = try header(for: [alice])
        let bytes = try changed(header, ["recipients", "0", "key"], .string(bob.recipient.hint))
        let error = try #require(throws: SealError.self) { try EncryptedHeader(parsing: bytes).key(for: bob) }
        #expect(error == .undecipherable)
    }

    @Test(arguments: ["encapsulated", "sealed"]) func aWrappedKeyThatWasTouchedOpensNothing(member: String) throws {
        let header = try header(for: [alice])
        let json = try JSONValue.parse(Array(header.encoded.dropFirst(EncryptedHeader.preambleBytes)))
        let text = try #require(json["recipients"]?.arrayValue?[0][member]?.stringValue)
        var bytes = try #require(Base64.decoded(text))
        for index in bytes.indices {
            bytes[index] ^= 1
            let altered = try changed(header, ["recipients", "0", member], .string(Base64.encoded(bytes)))
            let error = try #require(throws: SealError.self) { try EncryptedHeader(parsing: altered).key(for: alice) }
            #expect(error == .undecipherable)
            bytes[index] ^= 1
        }
        // A point of low order gives a secret that everybody knows.
        if member == "encapsulated" {
            let zeros = try changed(
                header, ["recipients", "0", member], .string(Base64.encoded([UInt8](repeating: 0, count: 32))))
            #expect(throws: SealError.undecipherable) { try EncryptedHeader(parsing: zeros).key(for: alice) }
        }
    }

    /// A wrapped key opens for what it was made for, and a stream is bound to the whole header.
    @Test func aKeyOpensForItsPurposeOnly() throws {
        let header = try header(for: [alice])
        let bytes = try changed(header, ["mediaType"], "application/y")
        let other = try EncryptedHeader(parsing: bytes)
        #expect(throws: SealError.undecipherable) { try other.key(for: alice) }
        #expect(other.associatedData != header.associatedData)
        let again = try self.header(for: [alice])
        #expect(again.associatedData != header.associatedData)
    }

    @Test func whatIsNoHeaderIsRefused() throws {
        let header = try header(for: [alice])
        for (path, value, code) in [
            (["format"], JSONValue.integer(2), SealError.Code.unsupported), (["cipher"], "ROT13", .unsupported),
            (["recipients"], .array([]), .malformed), (["recipients", "0", "method"], "RSA-OAEP", .malformed),
            (["recipients", "0", "key"], "x", .malformed), (["recipients", "0", "sealed"], "AAAA", .malformed),
            (["mediaType"], nil, .malformed),
        ] as [([String], JSONValue?, SealError.Code)] {
            let bytes = try changed(header, path, value)
            let error = try #require(throws: SealError.self) { try EncryptedHeader(parsing: bytes) }
            #expect(error.code == code, "\(path)")
        }
        for count in 0..<header.encoded.count {
            #expect(throws: SealError.self) { try EncryptedHeader(parsing: Array(header.encoded[..<count])) }
        }
        // A length beyond the limit is refused before anything is read.
        #expect(throws: SealError.self) {
            try EncryptedHeader.length(EncryptedHeader.magic + [0xff, 0xff, 0xff, 0xff])
        }
        #expect(throws: SealError.self) { try self.header(for: []) }
        #expect(throws: SealError.self) { try self.header(for: [IdentityKey](repeating: alice, count: 65)) }
    }
}
