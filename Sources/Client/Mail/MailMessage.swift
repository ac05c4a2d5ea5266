import Tensors

/// A plain message as it is handed to a mail server. Source: RFC 5322, RFC 2045, RFC 2047, RFC 3834.
///
/// Nothing of it can become a header or a command that was not meant: addresses are visible ASCII without brackets, the
/// subject has no control characters and is encoded unless it is short plain text, the body is quoted-printable.
package struct MailMessage: Hashable, Sendable {
    /// Who sends it; also where what cannot be delivered goes back to.
    package let from: String
    /// At least one.
    package let to: [String]
    package let subject: String
    /// What the message is known by, without the host: the same when it is sent again, so that it shows once.
    package let id: String
    /// Milliseconds since 1970.
    package let time: Int
    /// Lines of any text, each ended by a line feed.
    package let body: String

    /// Bytes of a body.
    package static let longestBody = 256 << 10
    private static let mostRecipients = 100

    /// - Throws: `MailFailure` for addresses, a subject or an id that no message can carry, and a body over the limit.
    package init(
        from: String, to: [String], subject: String, id: String, time: Int, body: String
    ) throws(MailFailure) {
        for address in [from] + to where !Self.isAddress(address) {
            throw MailFailure("'\(SMTPReply.visible(address))' is not an address that mail can go to", isFinal: true)
        }
        guard (1...Self.mostRecipients).contains(to.count) else {
            throw MailFailure("expected from 1 to \(Self.mostRecipients) recipients, found \(to.count)", isFinal: true)
        }
        guard subject.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }), subject.utf8.count <= 1000
        else { throw MailFailure("a subject is one line of up to 1000 bytes", isFinal: true) }
        guard !id.isEmpty, id.utf8.count <= 100, id.utf8.allSatisfy(Self.isIdentifier) else {
            throw MailFailure("a message's id is of letters, digits, '.' and '-'", isFinal: true)
        }
        guard body.utf8.count <= Self.longestBody else {
            throw MailFailure("a body is of up to \(Self.longestBody) bytes", isFinal: true)
        }
        (self.from, self.to, self.subject, self.id, self.time, self.body) = (from, to, subject, id, time, body)
    }

    /// What may stand between `<` and `>` of a command: visible ASCII with one `@`, without brackets, quotes and commas.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[]\\,;:\"".utf8.contains($0) }
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Lines of ASCII of at most 76 bytes but for long addresses, each ended by CR LF; not yet stuffed with dots.
    package func encoded() -> [UInt8] {
        let host = from.split(separator: "@").last ?? "localhost"
        let head = [
            "Date: \(Self.date(time))", "From: Slipway <\(from)>", "To: \(to.joined(separator: ",\r\n "))",
            "Subject: \(Self.header(subject))", "Message-ID: <\(id)@\(host)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
            // Nobody's absence is answered to a machine.
            "Auto-Submitted: auto-generated",
        ]
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + Self.quoted(body)
    }

    // MARK: - Encodings

    /// A header's text: as it is when it is short and plain, else in encoded words, none of which splits a character.
    ///
    /// Source: RFC 2047, section 2: a word has at most 75 characters; `=?utf-8?B?` and `?=` take 12 of them.
    static func header(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        if isPlain, text.utf8.count <= 64, !text.contains("=?") { return text }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Base64.encoded($0))?=" }.joined(separator: "\r\n ")
    }

    /// Quoted-printable. Source: RFC 2045, section 6.7.
    static func quoted(_ text: String) -> [UInt8] {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        var result: [UInt8] = []
        for line in lines {
            var width = 0
            for (place, byte) in line.enumerated() {
                let isLast = place == line.count - 1
                // A space at the end of a line may be lost on the way.
                let isPlain = byte == 0x20 ? !isLast : (0x21..<0x7F).contains(byte) && byte != UInt8(ascii: "=")
                let piece = isPlain ? [byte] : [UInt8(ascii: "="), hexadecimal(byte >> 4), hexadecimal(byte & 15)]
                if width + piece.count > 75 {
                    result += Array("=\r\n".utf8)
                    width = 0
                }
                result += piece
                width += piece.count
            }
            result += Array("\r\n".utf8)
        }
        return result
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }

    /// `Sun, 22 Nov 2026 15:38:52 +0000`. Source: RFC 5322, section 3.3; H. Hinnant, "chrono-compatible low-level date
    /// algorithms", `civil_from_days`.
    static func date(_ milliseconds: Int) -> String {
        // From year 1 to 9999; what is beyond is no time of ours.
        let seconds = min(max(milliseconds / 1000, -62_135_596_800), 253_402_300_799)
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - days * 86_400
        let shifted = days + 719_468
        let era = Int((Double(shifted) / 146_097).rounded(.down))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * part + 2) / 5 + 1
        let month = part < 10 ? part + 3 : part - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = ((days % 7) + 7 + 4) % 7
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let digits = String(year)
        return "\(["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][weekday]), \(day) \(names[month - 1]) "
            + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            + " \(clock.joined(separator: ":")) +0000"
    }
}
