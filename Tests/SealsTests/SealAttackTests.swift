import Foundation
import Tensors
import Testing
import Trust

@testable import Seals

/// Row 98 of the attack table: seals that must not hold, each with the error that says why.
@Suite struct SealAttackTests {
    /// A statement changed after the rules and signed all the same, by the right key: what a careless or hostile signer's
    /// tool may write.
    struct Statement: Sendable, CustomTestStringConvertible {
        var what: String
        var path: [String]
        var value: JSONValue?
        var code: SealError.Code
        var words: String

        var testDescription: String { what }
    }

    static let digest = String(repeating: "ab", count: 32)

    static func resource(_ name: String) -> JSONValue {
        .object([("name", .string(name)), ("digest", .string(digest)), ("algorithm", "sha256")])
    }

    static let statements: [Statement] = [
        Statement(
            what: "a wrong predicateType", path: ["predicateType"], value: "https://slsa.dev/provenance/v1",
            code: .malformed, words: "predicateType"),
        Statement(
            what: "the draft's predicateType", path: ["predicateType"], value: "https://model_signing/Digests/v0.1",
            code: .malformed, words: "predicateType"),
        Statement(what: "no predicateType", path: ["predicateType"], value: nil, code: .malformed, words: "missing"),
        Statement(what: "a wrong _type", path: ["_type"], value: "x", code: .malformed, words: "_type"),
        Statement(
            what: "no files", path: ["predicate", "resources"], value: .array([]), code: .malformed, words: "empty"),
        Statement(
            what: "no resources", path: ["predicate", "resources"], value: nil, code: .malformed, words: "missing"),
        Statement(
            what: "shards", path: ["predicate", "serialization", "method"], value: "shards", code: .unsupported,
            words: "'shards'"),
        Statement(
            what: "another method", path: ["predicate", "serialization", "method"], value: "tensors",
            code: .unsupported, words: "'tensors'"),
        Statement(
            what: "another hash", path: ["predicate", "serialization", "hash_type"], value: "blake3",
            code: .unsupported, words: "SHA-256"),
        Statement(
            what: "links followed", path: ["predicate", "serialization", "allow_symlinks"], value: true,
            code: .unsupported, words: "links"),
        Statement(
            what: "a name that leads out", path: ["predicate", "resources"], value: .array([resource("../x")]),
            code: .malformed, words: "'../x'"),
        Statement(
            what: "a name that leads out inside", path: ["predicate", "resources"],
            value: .array([resource("a/../../x")]),
            code: .malformed, words: "no path"),
        Statement(
            what: "an absolute name", path: ["predicate", "resources"], value: .array([resource("/etc/passwd")]),
            code: .malformed, words: "no path"),
        Statement(
            what: "an empty name", path: ["predicate", "resources"], value: .array([resource("")]), code: .malformed,
            words: "no path"),
        Statement(
            what: "a name with a dot inside", path: ["predicate", "resources"], value: .array([resource("a/./x")]),
            code: .malformed, words: "no path"),
        Statement(
            what: "names out of order", path: ["predicate", "resources"],
            value: .array([resource("b"), resource("a")]),
            code: .malformed, words: "order"),
        Statement(
            what: "a name twice", path: ["predicate", "resources"], value: .array([resource("a"), resource("a")]),
            code: .malformed, words: "twice"),
        Statement(
            what: "one file and several", path: ["predicate", "resources"],
            value: .array([resource("."), resource("a")]),
            code: .malformed, words: "one file and several"),
        Statement(
            what: "a digest of another length", path: ["predicate", "resources", "0", "digest"], value: "abcd",
            code: .malformed, words: "64 lower-case"),
        Statement(
            what: "a digest in capitals", path: ["predicate", "resources", "0", "digest"],
            value: .string(digest.uppercased()), code: .malformed, words: "64 lower-case"),
        Statement(
            what: "another algorithm for one file", path: ["predicate", "resources", "0", "algorithm"], value: "md5",
            code: .malformed, words: "SHA-256"),
        Statement(
            what: "two subjects", path: ["subject"], value: .array([[:], [:]]), code: .malformed,
            words: "one 'subject'"),
        Statement(
            what: "a root digest of other files", path: ["subject", "0", "digest", "sha256"], value: .string(digest),
            code: .malformed, words: "files' digests"),
        Statement(
            what: "a version without a time", path: ["predicate", "slipway"],
            value: .object([("manifest", .string("sha256:" + digest))]), code: .malformed, words: "no version"),
        Statement(
            what: "a time beyond reason", path: ["predicate", "slipway"],
            value: .object([("manifest", .string("sha256:" + digest)), ("signedAt", .integer(.max))]), code: .malformed,
            words: "no time"),
    ]

    private func statement() throws -> SealStatement {
        SealStatement(
            name: "model", resources: try SealedTree("\(Fixture.folder)/model", ignoring: []).resources,
            ignoredPaths: SealedTree.gitPaths)
    }

    private func seal(payload: [UInt8]) throws -> SealBundle {
        SealBundle(
            material: .key(hint: try Fixture.key().hint), payload: payload,
            signature: try Fixture.secret().signature(of: SealBundle.preAuthenticationEncoding(payload)))
    }

    @Test(arguments: statements) func aStatementThatBreaksARuleIsRefusedAlthoughItsSignatureHolds(_ item: Statement)
        throws
    {
        let json = try JSONValue.parse(try statement().encoded()).with(item.path, item.value)
        let bundle = try seal(payload: json.encoded())
        let error = try #require(throws: SealError.self) { try bundle.verify(with: Fixture.key()) }
        #expect(error.code == item.code && error.message.contains(item.words), "\(error.message)")
    }

    /// A bundle changed around a good statement.
    static let bundles: [Statement] = [
        Statement(
            what: "a wrong payloadType", path: ["dsseEnvelope", "payloadType"], value: "application/json",
            code: .malformed, words: "payloadType"),
        Statement(
            what: "no payloadType", path: ["dsseEnvelope", "payloadType"], value: nil, code: .malformed,
            words: "payloadType"),
        Statement(
            what: "a wrong media type", path: ["mediaType"], value: "application/json", code: .unsupported,
            words: "mediaType"),
        Statement(
            what: "no signature", path: ["dsseEnvelope", "signatures"], value: .array([]), code: .malformed,
            words: "0 signatures"),
        Statement(
            what: "two signatures, one bad", path: ["dsseEnvelope", "signatures"],
            value: .array([.object([("sig", "AAAA")]), .object([("sig", "AAAA")])]), code: .malformed,
            words: "2 signatures"),
        Statement(
            what: "a signature that is not base64", path: ["dsseEnvelope", "signatures", "0", "sig"], value: "*",
            code: .malformed, words: "base64"),
        Statement(
            what: "an empty signature", path: ["dsseEnvelope", "signatures", "0", "sig"], value: "", code: .malformed,
            words: "base64"),
        Statement(
            what: "a huge signature", path: ["dsseEnvelope", "signatures", "0", "sig"],
            value: .string(String(repeating: "AAAA", count: 100)), code: .malformed, words: "elliptic"),
        Statement(
            what: "a signature of zeros", path: ["dsseEnvelope", "signatures", "0", "sig"], value: "MAYCAQACAQA=",
            code: .mismatch, words: "does not hold"),
        Statement(
            what: "no payload", path: ["dsseEnvelope", "payload"], value: nil, code: .malformed, words: "payload"),
        Statement(
            what: "a key and a certificate", path: ["verificationMaterial", "certificate"], value: [:],
            code: .malformed, words: "both"),
        Statement(
            what: "neither", path: ["verificationMaterial", "publicKey"], value: nil, code: .malformed,
            words: "neither"),
        Statement(
            what: "a certificate in place of the key", path: ["verificationMaterial"],
            value: .object([("x509CertificateChain", .object([("certificates", .array([]))]))]), code: .unsupported,
            words: "certificate"),
        Statement(
            what: "another key's hint", path: ["verificationMaterial", "publicKey", "hint"], value: .string(digest),
            code: .mismatch, words: "another key"),
        Statement(
            what: "a hint that is no text", path: ["verificationMaterial", "publicKey", "hint"], value: 3,
            code: .malformed, words: "hint"),
    ]

    @Test(arguments: bundles) func aBundleThatBreaksARuleIsRefused(_ item: Statement) throws {
        let json = try seal(payload: try statement().encoded()).json.with(item.path, item.value)
        let error = try #require(throws: SealError.self) {
            try SealBundle(parsing: json.encoded()).verify(with: Fixture.key())
        }
        #expect(error.code == item.code && error.message.contains(item.words), "\(error.message)")
    }

    /// Bundles of older tools have no hint: then the signature alone decides.
    @Test func withoutAHintTheSignatureDecides() throws {
        let bundle = try seal(payload: try statement().encoded())
        let json = bundle.json.with(["verificationMaterial", "publicKey", "hint"], nil)
        #expect(try SealBundle(json: json).verify(with: Fixture.key()) == (try statement()))
        let other = try #require(throws: SealError.self) {
            try SealBundle(json: json).verify(with: SigningKey().verifyingKey)
        }
        #expect(other.code == .mismatch)
    }

    @Test func everyFlippedBitOfThePayloadAndTheSignatureIsFound() throws {
        let bundle = try seal(payload: try statement().encoded())
        let key = try Fixture.key()
        for bit in stride(from: 0, to: bundle.payload.count * 8, by: 11) {
            var altered = bundle
            altered.payload[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = try #require(throws: SealError.self) { try altered.verify(with: key) }
            #expect(error.code == .mismatch)
        }
        for bit in 0..<bundle.signature.count * 8 {
            var altered = bundle
            altered.signature[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = try #require(throws: SealError.self, "bit \(bit)") { try altered.verify(with: key) }
            #expect(error.code == .mismatch)
        }
    }

    /// Damaged bundles are errors of ours, whatever the damage, or say what was signed: some members mean nothing.
    @Test func damagedBundlesAreErrorsOrSayTheSame() throws {
        let bytes = try Fixture.bytes("reference-p256.sig")
        let key = try Fixture.key()
        let signed = try SealBundle(parsing: bytes).verify(with: key)
        var refused = 0
        for index in stride(from: 0, to: bytes.count, by: 7) {
            for value: UInt8 in [0, 0x22, 0x7b, 0xff] where bytes[index] != value {
                var damaged = bytes
                damaged[index] = value
                let read = Result { try SealBundle(parsing: damaged).verify(with: key) }
                switch read {
                case .success(let statement): #expect(statement == signed)
                case .failure(let error):
                    #expect(error is SealError)
                    refused += 1
                }
            }
            #expect(throws: SealError.self) { try SealBundle(parsing: Array(bytes[..<index])).verify(with: key) }
        }
        #expect(refused > 1000)
        #expect(throws: SealError.self) { try SealBundle(parsing: [UInt8](repeating: 0x20, count: (16 << 20) + 1)) }
    }

    /// What became of the folder since it was signed.
    enum Change: CaseIterable { case tampered, missing, extra, extraInFolder, link, linkedFolder, pipe, renamed }

    @Test(arguments: Change.allCases) func aFolderThatIsNotWhatWasSignedIsRefused(_ change: Change) throws {
        let scratch = try Scratch()
        for (name, text) in [("a/x", "one"), ("b", "two"), (".git/config", "not signed")] {
            try scratch.write(text, to: "model/\(name)")
        }
        let folder = "\(scratch.path)/model"
        let signed = SealStatement(name: "model", resources: try SealedTree(folder, ignoring: []).resources)
        try signed.require(try SealedTree(folder, ignoring: []).resources, in: "model")
        let files = FileManager.default
        let words: String
        switch change {
        case .tampered:
            try scratch.write("twO", to: "model/b")
            words = "'b' was changed"
        case .missing:
            try files.removeItem(atPath: "\(folder)/a/x")
            words = "'a/x' is missing"
        case .extra:
            try scratch.write("", to: "model/c")
            words = "'c' was not signed"
        case .extraInFolder:
            try scratch.write("", to: "model/a/.y")
            words = "'a/.y' was not signed"
        case .link:
            try files.removeItem(atPath: "\(folder)/b")
            try scratch.write("two", to: "elsewhere")
            try files.createSymbolicLink(atPath: "\(folder)/b", withDestinationPath: "../elsewhere")
            words = "symbolic link"
        case .linkedFolder:
            try files.moveItem(atPath: "\(folder)/a", toPath: "\(scratch.path)/a")
            try files.createSymbolicLink(atPath: "\(folder)/a", withDestinationPath: "../a")
            words = "symbolic link"
        case .pipe:
            mkfifo("\(folder)/pipe", 0o600)
            words = "neither a file nor a folder"
        case .renamed:
            try files.moveItem(atPath: "\(folder)/b", toPath: "\(folder)/B")
            words = "'b' is missing, 'B' was not signed"
        }
        let error = try #require(throws: SealError.self) {
            try signed.require(try SealedTree(folder, ignoring: []).resources, in: "model")
        }
        #expect(error.message.contains(words), "\(error.message)")
    }

    /// Paths that are left out are the signer's to name; none of them makes everything go unseen.
    @Test func whatIsLeftOutCannotBeEverything() throws {
        for path in ["", ".", "/", "..", "a/..", "./a"] {
            let json = try JSONValue.parse(try statement().encoded()).with(
                ["predicate", "serialization", "ignore_paths"], .array([.string(path)]))
            #expect(try seal(payload: json.encoded()).verify(with: Fixture.key()).ignoredPaths == [])
        }
    }

    @Test func theSealOfAnotherModelDoesNotHoldForThisOne() throws {
        let scratch = try Scratch()
        try scratch.write("other", to: "other/a.txt")
        let statement = try SealBundle(parsing: Fixture.bytes("reference-p256.sig")).verify(with: Fixture.key())
        let error = try #require(throws: SealError.self) {
            try statement.require(try SealedTree("\(scratch.path)/other", ignoring: []).resources, in: "other")
        }
        #expect(error.code == .mismatch && error.message.contains("'a.txt' was changed"))
    }
}
