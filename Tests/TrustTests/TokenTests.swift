import Synchronization
import Testing

@testable import Trust

@Suite struct TokenTests {
    @Test func newTokensDifferAndReadBack() throws {
        let tokens = (0..<200).map { _ in TokenSecret.generate() }
        #expect(Set(tokens.map(\.text)).count == 200)
        for token in tokens {
            #expect(token.text.hasPrefix("slw_") && token.text.utf8.count == TokenSecret.length)
            #expect(TokenSecret(token.text)?.hash == token.hash)
        }
    }

    @Test(arguments: [
        "", "slw_", "slw_" + String(repeating: "A", count: 42), "slw_" + String(repeating: "A", count: 44),
        "slx_" + String(repeating: "A", count: 43), "slw_" + String(repeating: "A", count: 42) + "B",
        "slw_" + String(repeating: "+", count: 43), " slw_" + String(repeating: "A", count: 42),
        "slw_" + String(repeating: "é", count: 21) + "A",
    ])
    func otherTextsAreNoTokens(_ text: String) {
        #expect(TokenSecret(text) == nil)
    }

    @Test func printingATokenDoesNotShowIt() {
        let token = TokenSecret.generate()
        var dumped = ""
        dump([token], to: &dumped)
        let secret = token.text.dropFirst(4)
        for text in ["\(token)", String(reflecting: token), "\([token])", dumped, "\(token.hash)"] {
            #expect(!text.contains(secret))
        }
    }

    @Test(
        arguments: [([], ""), ([0], "AA"), ([0xff], "_w"), ([0xfb, 0xff], "-_8"), ([1, 2, 3], "AQID")]
            as [([UInt8], String)])
    func base64HasItsTexts(_ bytes: [UInt8], _ text: String) {
        #expect(Base64URL.encoded(bytes) == text)
        #expect(Base64URL.decoded(text) == bytes)
    }

    @Test(arguments: ["A", "AB", "AAB", "A=", "AA==", "AAAAA"])
    func base64ThatIsNotCanonicalIsRefused(_ text: String) {
        #expect(Base64URL.decoded(text) == nil)
    }

    @Test func aBearerIsKnownByItsTokenUntilItExpires() {
        let clock = SharedClock()
        let (reader, deployer) = (TokenSecret.generate(), TokenSecret.generate())
        let authenticator = TokenAuthenticator(
            [
                TokenGrant(name: "reader", hash: reader.hash, role: .viewer),
                TokenGrant(name: "ci", hash: deployer.hash, role: .deployer, expiresAt: 1000),
            ], now: { clock.now.load(ordering: .relaxed) })
        #expect(authenticator.identity(forBearer: nil) == .anonymous)
        #expect(authenticator.identity(forBearer: reader.text) == Identity(name: "reader", role: .viewer))
        #expect(authenticator.identity(forBearer: deployer.text)?.role == .deployer)
        #expect(authenticator.identity(forBearer: TokenSecret.generate().text) == nil)
        #expect(authenticator.identity(forBearer: "") == nil)
        #expect(authenticator.identity(forBearer: reader.hash.description) == nil)
        clock.now.store(1000, ordering: .relaxed)
        #expect(authenticator.identity(forBearer: deployer.text) == nil)
        #expect(authenticator.identity(forBearer: reader.text) != nil)
        #expect(authenticator.refusal(ofBearer: deployer.text) == "the token 'ci' has expired; have another one made")
        for other in [TokenSecret.generate().text, reader.text, "", "ci"] {
            #expect(authenticator.refusal(ofBearer: other) == "the token is not valid")
        }
    }

    @Test func replacingGrantsRevokesTheMissing() {
        let (old, new) = (TokenSecret.generate(), TokenSecret.generate())
        let authenticator = TokenAuthenticator([TokenGrant(name: "old", hash: old.hash, role: .admin)])
        authenticator.replaceAll(with: [TokenGrant(name: "new", hash: new.hash, role: .admin)])
        #expect(authenticator.identity(forBearer: old.text) == nil)
        #expect(authenticator.identity(forBearer: new.text)?.name == "new")
    }

    @Test(arguments: Role.allCases)
    func rolesAreFoundByName(_ role: Role) {
        #expect(Role(name: role.name) == role)
        #expect(Role(name: role.name.uppercased()) == nil)
    }
}

private final class SharedClock: Sendable {
    let now = Atomic<Int64>(0)
}
