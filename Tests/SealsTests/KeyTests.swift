import Foundation
import Tensors
import Testing

@testable import Seals

@Suite struct KeyTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    @Test(arguments: SigningKey.CurveName.allCases) func aPairIsWrittenAndReadBack(_ curve: SigningKey.CurveName) throws
    {
        let key = SigningKey(curve)
        try KeyFile.write(key.secretPEM, to: path("k.pem"), isSecret: true)
        try KeyFile.write(key.verifyingKey.pem, to: path("k.pem.pub"), isSecret: false)
        #expect(try SigningKey(file: path("k.pem")).verifyingKey.hint == key.verifyingKey.hint)
        #expect(try VerifyingKey(file: path("k.pem.pub")).pem == key.verifyingKey.pem)
        #expect(key.verifyingKey.curveName == "P-" + curve.rawValue.dropFirst())
        #expect(!"\(key)\(String(reflecting: key))".contains("PRIVATE"))
    }

    @Test func aKeyForEncryptionIsWrittenAndReadBack() throws {
        let key = IdentityKey()
        try KeyFile.write(key.secretPEM, to: path("k.pem"), isSecret: true)
        try KeyFile.write(key.recipient.pem, to: path("k.pem.pub"), isSecret: false)
        #expect(try IdentityKey(file: path("k.pem")).recipient.hint == key.recipient.hint)
        #expect(try RecipientKey(file: path("k.pem.pub")).hint == key.recipient.hint)
    }

    /// Others' rights, in every form.
    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o606, 0o601, 0o610])
    func aKeyThatOthersCanTouchIsRefused(mode: Int) throws {
        try scratch.write(SigningKey().secretPEM, to: "k.pem", mode: mode)
        let error = try #require(throws: SealError.self) { try SigningKey(file: path("k.pem")) }
        #expect(error.code == .key && error.help?.contains("chmod 600") == true)
        #expect(throws: SealError.self) { try IdentityKey(file: path("k.pem")) }
    }

    @Test func aKeyIsNeverOverwritten() throws {
        try scratch.write("mine", to: "k.pem")
        let error = try #require(throws: SealError.self) { try KeyFile.write("new", to: path("k.pem"), isSecret: true) }
        #expect(error.message.contains("exists"))
        #expect(try String(contentsOfFile: path("k.pem"), encoding: .utf8) == "mine")
    }

    @Test func aLinkOrAFolderIsNoKey() throws {
        try scratch.write(SigningKey().secretPEM, to: "k.pem", mode: 0o600)
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "k.pem")
        #expect(throws: SealError.self) { try SigningKey(file: path("link")) }
        #expect(throws: SealError.self) { try SigningKey(file: scratch.path) }
        #expect(throws: SealError.self) { try SigningKey(file: path("nothing")) }
    }

    /// What people mix up, and what the message then says.
    @Test func theWrongKindOfKeyIsNamed() throws {
        let secret = SigningKey().secretPEM
        let open = SigningKey().verifyingKey.pem
        func refusal(_ body: () throws -> Void) throws -> String {
            try #require(throws: SealError.self) { try body() }.message
        }
        #expect(try refusal { _ = try VerifyingKey(pem: secret, in: "k") }.contains("private key"))
        #expect(try refusal { _ = try SigningKey(pem: open, in: "k") }.contains("private key"))
        #expect(try refusal { _ = try VerifyingKey(pem: "", in: "k") }.contains("PEM"))
        #expect(try refusal { _ = try VerifyingKey(pem: open + open, in: "k") }.contains("one PEM block"))
        #expect(try refusal { _ = try VerifyingKey(pem: IdentityKey().recipient.pem, in: "k") }.contains("P-256"))
        #expect(try refusal { _ = try RecipientKey(pem: open, in: "k") }.contains("X25519"))
        #expect(try refusal { _ = try IdentityKey(pem: secret, in: "k") }.contains("X25519"))
        let certificate = open.replacingOccurrences(of: "PUBLIC KEY", with: "CERTIFICATE")
        #expect(try refusal { _ = try VerifyingKey(pem: certificate, in: "k") }.contains("certificate"))
        let locked = secret.replacingOccurrences(of: "PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
        #expect(try refusal { _ = try SigningKey(pem: locked, in: "k") }.contains("password"))
        let cut = String(open.dropLast(40))
        #expect(try refusal { _ = try VerifyingKey(pem: cut, in: "k") }.contains("damaged"))
    }

    @Test func base64IsReadInOneWayOnly() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let text = Base64.encoded(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.decoded(text) == bytes)
        }
        for text in ["A", "AA", "AAA", "AA=", "A===", "AB==", "AAB=", "AA A", "AA\n=", "AA-_", "====", "AA==AA=="] {
            #expect(Base64.decoded(text) == nil, "\(text)")
        }
    }
}
