import Tensors

/// What is said to a mail server, as a value: replies go in, what to do comes out. No socket, no clock.
///
/// Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 and RFC 4616 (AUTH PLAIN); AUTH LOGIN as servers have it.
struct SMTPDialogue: Sendable {
    enum Action: Hashable, Sendable {
        case send([UInt8])
        /// TLS begins now; `secured` says what is sent first within it.
        case secure
        /// The message was taken; this is said before the connection is closed.
        case finish([UInt8])
        case fail(MailFailure)
    }

    /// What was said last, and is answered by the next reply.
    private enum Step: Sendable {
        case greeting, hello, startTLS, plain, loginUser, loginPassword, sender, recipient(Int), data, content, done
    }

    private let relay: MailRelay
    private let message: MailMessage
    /// How this machine names itself: an address in brackets.
    private let name: String
    private var isSecured: Bool
    private var step = Step.greeting
    /// Recipients that the server does not take, each with its reply.
    private var refused: [(recipient: String, reply: SMTPReply)] = []

    init(_ message: MailMessage, over relay: MailRelay, name: String) {
        self.message = message
        self.relay = relay
        self.name = name
        isSecured = relay.security == .implicit
    }

    /// What is said first after TLS has begun: what a server offered before that counts for nothing.
    mutating func secured() -> [UInt8] {
        isSecured = true
        step = .hello
        return Self.line("EHLO \(name)")
    }

    mutating func take(_ reply: SMTPReply) -> Action {
        switch step {
        case .greeting:
            guard reply.code == 220 else { return Self.refusal("does not want to speak", reply) }
            return say("EHLO \(name)", .hello)
        case .hello:
            guard reply.code == 250 else { return Self.refusal("does not take EHLO", reply) }
            return greeted(reply)
        case .startTLS:
            guard reply.code == 220 else { return Self.refusal("does not begin TLS", reply) }
            return .secure
        case .plain, .loginPassword:
            guard reply.code == 235 else { return Self.refusal("does not take the password", reply) }
            return begin()
        case .loginUser:
            guard reply.code == 334, let login = relay.login else { return Self.refusal("does not take a user", reply) }
            // The first challenge asks for the user, the second for the password.
            guard !hasSentUser else { return say(Base64.encoded(Array(login.password.utf8)), .loginPassword) }
            hasSentUser = true
            return say(Base64.encoded(Array(login.user.utf8)), .loginUser)
        case .sender:
            guard reply.code == 250 else { return Self.refusal("does not take mail from <\(message.from)>", reply) }
            return say("RCPT TO:<\(message.to[0])>", .recipient(0))
        case .recipient(let index): return taken(index, reply)
        case .data:
            guard reply.code == 354 else { return Self.refusal("does not take the message", reply) }
            step = .content
            return .send(Self.stuffed(message.encoded()))
        case .content:
            guard reply.code == 250 else { return Self.refusal("does not take the message", reply) }
            return end()
        case .done: return .fail(MailFailure("the mail server says more than it was asked", isFinal: true))
        }
    }

    private var hasSentUser = false

    private mutating func say(_ text: String, _ next: Step) -> Action {
        step = next
        return .send(Self.line(text))
    }

    /// After EHLO: TLS first, then the password, then the message.
    private mutating func greeted(_ reply: SMTPReply) -> Action {
        let offers = Self.offers(reply)
        if relay.security == .startTLS, !isSecured {
            guard offers["STARTTLS"] != nil else {
                return .fail(
                    MailFailure(
                        "the mail server does not offer STARTTLS, and nothing is told without TLS", isFinal: true))
            }
            return say("STARTTLS", .startTLS)
        }
        guard let login = relay.login else { return begin() }
        let ways = offers["AUTH"] ?? []
        if ways.contains("PLAIN") {
            let secret = [0] + Array(login.user.utf8) + [0] + Array(login.password.utf8)
            return say("AUTH PLAIN \(Base64.encoded(secret))", .plain)
        }
        if ways.contains("LOGIN") { return say("AUTH LOGIN", .loginUser) }
        let named = SMTPReply.visible(ways.sorted().joined(separator: ", "))
        return .fail(
            MailFailure(
                "the mail server takes no password by PLAIN or LOGIN; it offers: \(named.isEmpty ? "nothing" : named)",
                isFinal: true))
    }

    private mutating func begin() -> Action { say("MAIL FROM:<\(message.from)>", .sender) }

    private mutating func taken(_ index: Int, _ reply: SMTPReply) -> Action {
        // 251: the server hands it on to where the recipient is now.
        if reply.code != 250, reply.code != 251 {
            // The server is about to close: nobody gets it.
            if reply.code == 421 { return Self.refusal("does not go on", reply) }
            refused.append((message.to[index], reply))
        }
        let next = index + 1
        if next < message.to.count { return say("RCPT TO:<\(message.to[next])>", .recipient(next)) }
        if refused.count == message.to.count, let first = refused.first {
            return .fail(
                MailFailure(
                    "the mail server takes nothing for <\(first.recipient)>: \(first.reply.text)",
                    isFinal: refused.allSatisfy { $0.reply.code >= 500 }))
        }
        return say("DATA", .data)
    }

    private mutating func end() -> Action {
        step = .done
        guard let first = refused.first else { return .finish(Self.line("QUIT")) }
        // The others have it: it is not sent again.
        return .fail(
            MailFailure(
                "the mail server took it for others, but not for <\(first.recipient)>: \(first.reply.text)",
                isFinal: true))
    }

    // MARK: - Lines

    /// What a server offers, by keyword in capitals, with parameters in capitals.
    private static func offers(_ reply: SMTPReply) -> [String: Set<String>] {
        var offers: [String: Set<String>] = [:]
        for line in reply.lines.dropFirst() {
            // Some old servers write 'AUTH=LOGIN'.
            let words = line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
            guard let keyword = words.first else { continue }
            offers[keyword, default: []].formUnion(words.dropFirst())
        }
        return offers
    }

    private static func line(_ text: String) -> [UInt8] { Array(text.utf8) + [0x0D, 0x0A] }

    private static func refusal(_ what: String, _ reply: SMTPReply) -> Action {
        .fail(MailFailure("the mail server \(what): \(reply.text)", isFinal: reply.code >= 500))
    }

    /// A message with a dot before each line that begins with one, and the line that ends it. Source: RFC 5321, 4.5.2.
    ///
    /// - Parameter lines: each ended by CR LF.
    static func stuffed(_ lines: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(lines.count + 8)
        var isStart = true
        for byte in lines {
            if isStart, byte == UInt8(ascii: ".") { result.append(byte) }
            result.append(byte)
            isStart = byte == 0x0A
        }
        return result + Array(".\r\n".utf8)
    }
}
