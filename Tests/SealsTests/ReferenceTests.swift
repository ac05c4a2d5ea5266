import Foundation
import Tensors
import Testing
import Trust

@testable import Seals

/// What the reference client of OpenSSF Model Signing has signed, and what ours looks like.
@Suite struct ReferenceTests {
    private func tree(_ ignoring: [String] = []) throws -> SealedTree {
        try SealedTree("\(Fixture.folder)/model", ignoring: ignoring)
    }

    @Test(arguments: ["p256", "p384", "p521"]) func whatTheReferenceClientSignedHolds(curve: String) throws {
        let bundle = try SealBundle(parsing: Fixture.bytes("reference-\(curve).sig"))
        let statement = try bundle.verify(with: Fixture.key(curve))
        #expect(statement.name == "model" && statement.resources.count == 5 && statement.version == nil)
        try statement.require(try tree(statement.ignoredPaths).resources, in: "model")
    }

    @Test func oneFileIsAModelToo() throws {
        let statement = try SealBundle(file: "\(Fixture.folder)/reference-single.sig").verify(with: Fixture.key())
        #expect(statement.resources.map(\.name) == ["."])
        let file = try SealedTree("\(Fixture.folder)/single.bin", ignoring: [])
        try statement.require(file.resources, in: "single.bin")
        #expect(file.name == statement.name)
    }

    /// The names and digests are the same in the same form; only the order is the standard's, by code points.
    @Test func ourStatementSaysTheSame() throws {
        let theirs = try SealBundle(file: "\(Fixture.folder)/reference-p256.sig").verify(with: Fixture.key())
        let tree = try tree()
        let ours = try SealStatement(
            parsing: SealStatement(
                name: tree.name, resources: tree.resources, ignoredPaths: SealedTree.gitPaths
            ).encoded())
        #expect(Set(ours.resources) == Set(theirs.resources))
        #expect(Set(ours.ignoredPaths) == Set(theirs.ignoredPaths))
        #expect(ours.resources.map(\.name) == [".hidden", "a-b/y", "a.txt", "a/x", "weights.bin"])
        #expect(theirs.resources.map(\.name) == [".hidden", "a/x", "a-b/y", "a.txt", "weights.bin"])
    }

    /// The hint is the digest of the PEM text, as the reference client computes it.
    @Test(arguments: ["p256", "p384", "p521"]) func theHintIsTheirs(curve: String) throws {
        let key = try Fixture.key(curve)
        #expect(key.pem == (try Fixture.text("\(curve).pub")))
        let bundle = try SealBundle(parsing: Fixture.bytes("reference-\(curve).sig"))
        #expect(bundle.material == .key(hint: key.hint))
        #expect(try Fixture.secret(curve).verifyingKey.hint == key.hint)
    }

    @Test(arguments: ["p256", "p384", "p521"]) func whatWeSignHoldsAndIsWrittenInTheirForm(curve: String) throws {
        let statement = SealStatement(name: "m", resources: try tree().resources)
        let bundle = try SealBundle.sign(statement, with: Fixture.secret(curve))
        let again = try SealBundle(parsing: bundle.json.encoded())
        #expect(again == bundle)
        #expect(try again.verify(with: Fixture.key(curve)) == statement)
        let keys = bundle.json.objectValue?.map(\.key)
        #expect(keys == ["mediaType", "verificationMaterial", "dsseEnvelope"])
    }

    @Test func aCertificateIsRefusedWithTheWayOut() throws {
        let bundle = try SealBundle(parsing: Fixture.bytes("reference-certificate.sig"))
        #expect(bundle.material == .certificate)
        let error = try #require(throws: SealError.self) { try bundle.verify(with: Fixture.key()) }
        #expect(error.code == .unsupported && error.message.contains("certificate"))
    }

    /// A name may be any text; texts that look alike are different names.
    @Test func namesAreCodePoints() throws {
        let scratch = try Scratch()
        for name in ["\u{e9}", "e\u{301}", "z", "\u{1f600}", "\u{fb01}"] { try scratch.write("x", to: "m/\(name)") }
        let tree = try SealedTree("\(scratch.path)/m", ignoring: [])
        let statement = try SealStatement(parsing: SealStatement(name: "m", resources: tree.resources).encoded())
        #expect(statement.resources.count == 5)
        try statement.require(tree.resources, in: "m")
        #expect(
            statement.resources.map { Array($0.name.unicodeScalars.map(\.value)) } == [
                [0x65, 0x301], [0x7a], [0xe9], [0xfb01], [0x1f600],
            ])
    }
}
