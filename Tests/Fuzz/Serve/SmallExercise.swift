/// Small texts of strangers: where a request belongs, what was right, what a mail server says.
enum SmallExercise {
    /// What is taken is written as the standard wants it and read back as itself; everything else is ignored.
    static func trace(_ bytes: [UInt8]) {
        guard let context = bytes.withUnsafeBytes({ TraceContext($0) }) else { return }
        precondition(context.trace != (0, 0) && context.parent != 0, "an id of zeros")
        let text = context.text(from: context.parent)
        guard text.utf8.count == 55, TraceContext(text: text) == context else {
            preconditionFailure("what was written does not read back as itself")
        }
        precondition(text.utf8.dropFirst(2).dropLast(2).elementsEqual(bytes[2..<53]), "other ids")
    }

    /// What is taken has labels, not too many, under ids that can go into a header; a refusal has words.
    static func feedback(_ bytes: [UInt8]) {
        do {
            let request = try FeedbackRequest(bytes)
            precondition(!request.items.isEmpty, "nothing was taken")
            precondition(request.items.reduce(0) { $0 + $1.labels.count } <= FeedbackRequest.mostLabels)
            for item in request.items {
                precondition(!item.labels.isEmpty && RequestID.accepted(item.id) != nil)
                for case .name(let name)? in item.labels { precondition(name.utf8.count <= 256) }
            }
        } catch {
            guard !error.message.isEmpty else { preconditionFailure("no words") }
        }
    }

    private static let message = try? MailMessage(
        from: "slipway@example.org", to: ["a@example.org", "b@example.org"], subject: "Überlauf", id: "1.2",
        time: 1_700_000_000_000, body: "line\n.dot\n")
    private static let relays = [MailRelay.Security.startTLS, .implicit, .none].flatMap { security in
        [nil, MailRelay.Login(user: "me", password: "secret")].map { login in
            MailRelay(host: "localhost", port: 587, security: security, login: login)
        }
    }

    /// Replies do not depend on the pieces in which they come; whatever they are, every dialogue ends or goes on with one
    /// whole line, and says no password before TLS.
    static func mail(_ bytes: [UInt8]) {
        var (whole, pieces) = (SMTPReplyReader(), SMTPReplyReader())
        let replies = try? whole.take(bytes)
        var found: [SMTPReply]? = []
        do throws(MailFailure) {
            for byte in bytes { found? += try pieces.take(CollectionOfOne(byte)) }
        } catch {
            found = nil
        }
        guard replies == found else { preconditionFailure("pieces say something else") }
        for reply in replies ?? [] {
            precondition((200..<600).contains(reply.code) && reply.lines.count <= SMTPReplyReader.mostLines)
            precondition(reply.text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        }
        for relay in relays { converse(relay, replies ?? []) }
    }

    private static func converse(_ relay: MailRelay, _ replies: [SMTPReply]) {
        guard let message else { preconditionFailure("the message of this exercise is none") }
        var dialogue = SMTPDialogue(message, over: relay, name: "[127.0.0.1]")
        var isSecured = relay.security != .startTLS
        var isContent = false
        for reply in replies {
            switch dialogue.take(reply) {
            case .send(let line):
                precondition(line.suffix(2) == [13, 10], "a line without an end")
                precondition(isContent || line.count { $0 == 10 } == 1, "two lines at once")
                isContent = line.starts(with: Array("DATA".utf8))
                precondition(isSecured || !line.starts(with: Array("AUTH".utf8)), "a password in clear")
            case .secure:
                precondition(!isSecured, "TLS twice")
                isSecured = true
                _ = dialogue.secured()
            case .finish, .fail: return
            }
        }
    }
}
