import Tensors
import Testing

@testable import Client

/// What is said to a mail server, as values: hostile replies, headers that cannot be injected, encodings read back.
struct MailTests {
    private static func message(
        to: [String] = ["ops@example.org"], subject: String = "hello", body: String = "text\n"
    ) throws -> MailMessage {
        try MailMessage(
            from: "slipway@example.org", to: to, subject: subject, id: "slipway.1", time: 1_795_361_932_000, body: body)
    }

    /// What was said, line by line, and how it ended: the failure's words with `!` where it is final, or `taken`.
    private static func play(
        _ script: [String], security: MailRelay.Security = .none, login: MailRelay.Login? = nil,
        to: [String] = ["ops@example.org"]
    ) throws -> (said: [String], end: String) {
        let relay = MailRelay(host: "mail", port: 25, security: security, login: login)
        var dialogue = SMTPDialogue(try message(to: to), over: relay, name: "[127.0.0.1]")
        var reader = SMTPReplyReader()
        var said: [String] = []
        for text in script {
            let replies: [SMTPReply]
            do { replies = try reader.take(Array((text + "\r\n").utf8)) } catch { return (said, "\(error)") }
            for reply in replies {
                switch dialogue.take(reply) {
                case .send(let bytes):
                    said.append(String(String(decoding: bytes, as: UTF8.self).prefix { $0 != "\r\n" }))
                case .secure:
                    said.append("(TLS)")
                    said.append(String(decoding: dialogue.secured().dropLast(2), as: UTF8.self))
                case .finish: return (said, "taken")
                case .fail(let failure): return (said, failure.message + (failure.isFinal ? " !" : ""))
                }
            }
        }
        return (said, "waits")
    }

    private static let login = MailRelay.Login(user: "captain", password: "harbour")
    private static let offer = "250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"

    @Test func aMessageGoesThroughEveryStep() throws {
        let plain = try Self.play(["220 hi", "250 mail", "250 ok", "250 ok", "354 go", "250 taken"])
        #expect(
            plain.said.dropLast() == [
                "EHLO [127.0.0.1]", "MAIL FROM:<slipway@example.org>", "RCPT TO:<ops@example.org>", "DATA",
            ])
        #expect(plain.end == "taken")
        let secret = Base64.encoded([0] + Array("captain".utf8) + [0] + Array("harbour".utf8))
        let secured = try Self.play(
            ["220 hi", Self.offer, "220 go", Self.offer, "235 ok", "250 ok", "251 elsewhere", "354 go", "250 taken"],
            security: .startTLS, login: Self.login)
        #expect(
            secured.said.prefix(5) == [
                "EHLO [127.0.0.1]", "STARTTLS", "(TLS)", "EHLO [127.0.0.1]", "AUTH PLAIN \(secret)",
            ])
        #expect(secured.end == "taken")
        let asked = try Self.play(
            ["220 hi", "250-mail\r\n250 AUTH=LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"],
            security: .implicit, login: Self.login)
        #expect(
            asked.said == [
                "EHLO [127.0.0.1]", "AUTH LOGIN", Base64.encoded(Array("captain".utf8)),
                Base64.encoded(Array("harbour".utf8)), "MAIL FROM:<slipway@example.org>",
            ])
    }

    /// Replies that are refused, with what is said about them; `!` where nothing is tried again.
    @Test(arguments: [
        (["554 go away"], "does not want to speak: 554 go away !"),
        (["421 busy"], "does not want to speak: 421 busy"),
        (["220 hi", "502 what"], "does not take EHLO: 502 what !"),
        (["220 hi", "250 mail", "450 greylisted"], "<slipway@example.org>: 450 greylisted"),
        (["220 hi", "250 mail", "250 ok", "550 nobody"], "nothing for <ops@example.org>: 550 nobody !"),
        (["220 hi", "250 mail", "250 ok", "451 later"], "nothing for <ops@example.org>: 451 later"),
        (["220 hi", "250 mail", "250 ok", "250 ok", "250 ok"], "does not take the message: 250 ok"),
        (["220 hi", "250 mail", "250 ok", "250 ok", "354 go", "552 too big"], "the message: 552 too big !"),
        (["HTTP/1.1 400 Bad Request"], "is no mail server: 'HTTP/1.1 400 Bad Request'"),
        (["220-hi\r\n250 other"], "two codes, 220 and 250"), (["999 odd"], "no mail server"),
        (["22"], "no mail server"),
        (["220\u{1B}[2J"], "no mail server: '220?[2J'"), (["220_hi"], "no mail server"),
        (["220 hi\nthere"], "does not end in CR LF"), (["220 hi\rthere"], "does not end in CR LF"),
        (["220 hi\u{0}"], "does not end in CR LF"),
        (["220 " + String(repeating: "x", count: 5000)], "a line of over 2048 bytes"),
        ([String](repeating: "220-more", count: 200), "over 100 lines"),
        (["550 \u{1B}[31mred\u{7}"], "550 ?[31mred? !"),
    ])
    func aHostileReplyEndsIt(_ script: [String], _ end: String) throws {
        let found = try Self.play(script).end
        #expect(found.contains(end.replacing(" !", with: "")) && found.hasSuffix("!") == end.hasSuffix("!"), "\(found)")
    }

    @Test func nothingIsToldWithoutWhatWasAskedFor() throws {
        let stripped = try Self.play(["220 hi", "250 AUTH PLAIN"], security: .startTLS, login: Self.login)
        #expect(stripped.said == ["EHLO [127.0.0.1]"] && stripped.end.hasSuffix("!"))
        // What was offered before TLS counts for nothing within it.
        let forged = try Self.play(
            ["220 hi", Self.offer, "220 go", "250 mail"], security: .startTLS, login: Self.login)
        #expect(forged.said.last == "EHLO [127.0.0.1]" && forged.end.contains("takes no password"), "\(forged)")
        let odd = try Self.play(["220 hi", "250-mail\r\n250 AUTH NTLM"], security: .implicit, login: Self.login)
        #expect(odd.end.contains("it offers: NTLM"))
        let wrong = try Self.play(["220 hi", Self.offer, "535 no"], security: .implicit, login: Self.login)
        #expect(wrong.end == "the mail server does not take the password: 535 no !")
        // A third challenge is answered with nothing.
        let curious = try Self.play(
            ["220 hi", "250-m\r\n250 AUTH LOGIN", "334 a", "334 b", "334 c"], security: .implicit, login: Self.login)
        #expect(curious.said.count == 4 && curious.end.contains("334 c"))
    }

    @Test func oneRecipientThatIsRefusedDoesNotKeepItFromTheOthers() throws {
        let to = ["gone@example.org", "ops@example.org"]
        let ended = try Self.play(["220 hi", "250 m", "250 ok", "550 no", "250 ok", "354 go", "250 ok"], to: to)
        #expect(ended.end == "the mail server took it for others, but not for <gone@example.org>: 550 no !")
        let none = try Self.play(["220 hi", "250 m", "250 ok", "550 no", "450 later"], to: to)
        #expect(none.end.hasSuffix("550 no"), "one of them may be taken later: \(none)")
        #expect(!none.said.contains("DATA"))
    }

    @Test(arguments: [
        "ops@example.org\r\nRCPT TO:<eve@example.org>", "ops", "a@b@c", "<ops@example.org>", "ops @example.org",
        "ops@exämple.org", "\"a\"@b", "@b", "a@", "a@b\u{0}", "a@b,c@d",
    ])
    func anAddressCannotBecomeACommand(_ address: String) {
        #expect(throws: MailFailure.self) { try Self.message(to: [address]) }
    }

    @Test func aSubjectCannotBecomeAHeader() throws {
        for subject in ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\u{0}", "a\u{7F}"] {
            #expect(throws: MailFailure.self) { try Self.message(subject: subject) }
        }
        #expect(MailMessage.header("[slipway page] x of 'digits'") == "[slipway page] x of 'digits'")
        #expect(MailMessage.header("=?utf-8?B?eA==?=").hasPrefix("=?utf-8?B?PT91"))
        let long = String(repeating: "Grüße, 世界 👩‍👩‍👧 ", count: 12)
        let lines = MailMessage.header(long).split(separator: "\r\n ").map(String.init)
        #expect(lines.count > 3 && lines.allSatisfy { $0.utf8.count <= 75 })
        let words = try lines.map { line -> String in
            let bytes = try #require(Base64.decoded(String(line.dropFirst(10).dropLast(2))))
            return try #require(String(validating: bytes, as: UTF8.self), "a word splits no character")
        }
        #expect(words.joined() == long)
    }

    @Test func datesAreThoseOfTheCalendar() {
        // Source: date -u -R -d @SECONDS
        for (seconds, text) in [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
            (1_795_361_932, "Sun, 22 Nov 2026 15:38:52 +0000"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        ] {
            #expect(MailMessage.date(seconds * 1000) == text)
        }
        _ = (MailMessage.date(.min), MailMessage.date(.max))
    }

    /// Random texts: what is read back by the rules of quoted-printable and of dots is what was written.
    @Test func whatIsWrittenIsReadBack() throws {
        var random = SystemRandomNumberGenerator()
        let letters = Array("..  ==\n\n\tabcäß世👩‍🚀\r\u{0}\u{7F}")
        for _ in 0..<500 {
            let body = String(
                (0..<Int.random(in: 0..<200, using: &random)).map { _ in letters.randomElement(using: &random) ?? "." })
            let text = body.hasSuffix("\n") ? body : body + "\n"
            let written = SMTPDialogue.stuffed(try Self.message(body: text).encoded())
            let lines = String(decoding: written, as: UTF8.self).components("\r\n")
            #expect(written.allSatisfy { $0 < 0x7F } && lines.allSatisfy { $0.utf8.count <= 78 })
            #expect(lines.suffix(2) == [".", ""] && !lines.dropLast(2).contains("."))
            let plain = lines.dropLast(2).map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
            let start = try #require(plain.firstIndex(of: "")) + 1
            #expect(Self.unquoted(Array(plain[start...])) == Array(text.utf8))
        }
    }

    private static func unquoted(_ lines: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            var rest = Array(line.utf8)[...]
            var isSoft = false
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                if rest.isEmpty {
                    isSoft = true
                } else {
                    bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                    rest = rest.dropFirst(2)
                }
            }
            if !isSoft { bytes.append(0x0A) }
        }
        return bytes
    }
}

extension String {
    /// Split at each occurrence of a text of scalars: as characters CR LF is one.
    fileprivate func components(_ separator: String) -> [String] {
        var (parts, current) = ([String](), [UInt8]())
        let end = Array(separator.utf8)
        for byte in utf8 {
            current.append(byte)
            guard current.suffix(end.count).elementsEqual(end) else { continue }
            parts.append(String(decoding: current.dropLast(end.count), as: UTF8.self))
            current = []
        }
        return parts + [String(decoding: current, as: UTF8.self)]
    }
}
