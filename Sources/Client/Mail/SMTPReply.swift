/// One reply of a mail server. Source: RFC 5321, section 4.2.
struct SMTPReply: Hashable, Sendable {
    /// From 200 to 599.
    var code: Int
    /// What follows the code, line by line.
    var lines: [String]

    /// For people: the code and the first words.
    var text: String { "\(code) \(Self.visible(lines.joined(separator: " ")))" }

    /// At most 160 characters of visible ASCII: what strangers say goes to logs and terminals.
    static func visible(_ text: String) -> String {
        String(text.unicodeScalars.prefix(160).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
    }
}

/// Makes replies of bytes as they come.
struct SMTPReplyReader {
    /// Bytes of a line. RFC 5321 allows 512, servers are more talkative.
    static let longestLine = 2048
    /// Lines of a reply.
    static let mostLines = 100

    private var line: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    /// Whether something came that is no whole reply yet.
    var isWithin: Bool { !line.isEmpty || code != nil }

    /// - Returns: the replies that are whole now.
    /// - Throws: `MailFailure` for what is no reply, or one over the limits.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(MailFailure) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n"), line.last == UInt8(ascii: "\r") else {
                guard byte != 0, byte != UInt8(ascii: "\n"), line.last != UInt8(ascii: "\r") else {
                    throw MailFailure("the mail server's reply has a line that does not end in CR LF", isFinal: false)
                }
                guard line.count < Self.longestLine else {
                    throw MailFailure(
                        "the mail server's reply has a line of over \(Self.longestLine) bytes", isFinal: false)
                }
                line.append(byte)
                continue
            }
            line.removeLast()
            if let reply = try end() { replies.append(reply) }
            line.removeAll(keepingCapacity: true)
        }
        return replies
    }

    /// Takes a line.
    private mutating func end() throws(MailFailure) -> SMTPReply? {
        let digits = line.prefix(3).compactMap { $0 >= 0x30 && $0 <= 0x39 ? Int($0) - 0x30 : nil }
        let mark = line.count > 3 ? line[3] : UInt8(ascii: " ")
        guard digits.count == 3, (2...5).contains(digits[0]), digits[1] <= 5,
            mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-")
        else {
            throw MailFailure(
                "what answers is no mail server: '\(SMTPReply.visible(String(decoding: line, as: UTF8.self)))'",
                isFinal: false)
        }
        let found = digits[0] * 100 + digits[1] * 10 + digits[2]
        guard code == nil || code == found else {
            throw MailFailure("the mail server's reply has two codes, \(code ?? 0) and \(found)", isFinal: false)
        }
        guard lines.count < Self.mostLines else {
            throw MailFailure("the mail server's reply has over \(Self.mostLines) lines", isFinal: false)
        }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard mark == UInt8(ascii: " ") else {
            code = found
            return nil
        }
        defer { (code, lines) = (nil, []) }
        return SMTPReply(code: found, lines: lines)
    }
}
