package import Release
package import Tensors

extension AlertSettings {
    private static let mostReceivers = 32
    private static let mostRoutes = 64

    /// Reads a file of settings.
    ///
    /// - Throws: `ReleaseError.Code.malformed` with the place: `receivers.ops.webhook: expected …`.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try Members(
            json, "settings", known: ["every", "wait", "repeat", "recent", "receivers", "routes", "off"])
        let receivers = try Members(fields.value("receivers"), "receivers", known: nil)
        guard !receivers.all.isEmpty, receivers.all.count <= Self.mostReceivers else {
            throw Members.wrong("receivers", "from 1 to \(Self.mostReceivers) receivers by name")
        }
        var found: [Receiver] = []
        for member in receivers.all { found.append(try Receiver(member.key, member.value)) }
        var routes: [Route] = []
        let list = try fields.list("routes") ?? []
        guard list.count <= Self.mostRoutes else { throw Members.wrong("routes", "at most \(Self.mostRoutes)") }
        for (index, route) in list.enumerated() {
            routes.append(try Route(route, "routes[\(index)]", names: found.map(\.name)))
        }
        self.init(receivers: found, routes: routes, off: Set(try fields.names("off", of: AlertRules.names)))
        every = try fields.time("every", 100...3_600_000) ?? every
        wait = try fields.time("wait", 0...3_600_000) ?? wait
        again = try fields.time("repeat", 1000...30 * 86_400_000) ?? again
        recent = try fields.time("recent", 1000...86_400_000) ?? recent
    }
}

extension AlertSettings.Receiver {
    private static let common: Set<String> = ["resolved"]
    private static let webhook: Set<String> = ["webhook", "tokenFile", "allowPrivate", "plainHTTP"]
    private static let command: Set<String> = ["command", "limit"]
    private static let mail: Set<String> = ["mail", "from", "relay", "tls", "user", "passwordFile", "authorities"]

    fileprivate init(_ name: String, _ json: JSONValue) throws(ReleaseError) {
        let place = "receivers.\(name)"
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Members.wrong("receivers", "names of up to 64 visible characters")
        }
        let every = [Self.webhook, Self.command, Self.mail]
        let fields = try Members(json, place, known: every.reduce(Self.common) { $0.union($1) })
        let way: AlertSettings.Way
        let own: Set<String>
        switch (fields["webhook"], fields["command"], fields["mail"]) {
        case (let address?, nil, nil): (way, own) = (.webhook(try .init(address, fields, place)), Self.webhook)
        case (nil, let words?, nil): (way, own) = (.command(try .init(words, fields, place)), Self.command)
        case (nil, nil, let recipients?): (way, own) = (.mail(try .init(recipients, fields, place)), Self.mail)
        default: throw Members.wrong(place, "one of 'webhook', 'command' and 'mail'")
        }
        let kind = ["webhook", "command", "mail"].first(where: own.contains) ?? ""
        let others = every.reduce(into: Set<String>()) { $0.formUnion($1) }
        try fields.refuse(others.subtracting(own).sorted(), beside: kind)
        self.init(name: name, way: way, tellsEnd: try fields.flag("resolved") ?? true)
    }
}

extension AlertSettings.Webhook {
    fileprivate init(_ address: JSONValue, _ fields: Members, _ place: String) throws(ReleaseError) {
        guard let text = address.stringValue, text.hasPrefix("https://") || text.hasPrefix("http://"),
            text.utf8.count <= 2048
        else { throw Members.wrong("\(place).webhook", "an address that begins with https:// or http://") }
        self.init(
            address: text, tokenFile: try fields.text("tokenFile"),
            allowsPrivate: try fields.flag("allowPrivate") ?? false, plainHTTP: try fields.flag("plainHTTP") ?? false)
    }
}

extension AlertSettings.Command {
    fileprivate init(_ words: JSONValue, _ fields: Members, _ place: String) throws(ReleaseError) {
        let list = words.arrayValue?.compactMap(\.stringValue) ?? []
        guard list.count == words.arrayValue?.count, (1...64).contains(list.count), list[0].hasPrefix("/"),
            list.allSatisfy({ !$0.utf8.contains(0) && $0.utf8.count <= 4096 })
        else {
            throw Members.wrong(
                "\(place).command", "the program's whole path and its arguments, a list of texts: no shell reads it")
        }
        self.init(words: list, limit: try fields.time("limit", 100...86_400_000) ?? 60_000)
    }
}

extension AlertSettings.Mail {
    private static let mostRecipients = 50

    fileprivate init(_ recipients: JSONValue, _ fields: Members, _ place: String) throws(ReleaseError) {
        let to = recipients.arrayValue?.compactMap(\.stringValue) ?? []
        guard to.count == recipients.arrayValue?.count, (1...Self.mostRecipients).contains(to.count),
            to.allSatisfy(Self.isAddress)
        else {
            throw Members.wrong(
                "\(place).mail", "a list of 1 to \(Self.mostRecipients) addresses such as ops@example.org")
        }
        guard let from = try fields.text("from"), Self.isAddress(from) else {
            throw Members.wrong("\(place).from", "the sender's address, such as slipway@example.org")
        }
        let word = try fields.text("tls") ?? Security.starttls.rawValue
        guard let security = Security(rawValue: word) else {
            throw Members.wrong("\(place).tls", "starttls, implicit, or none for a server on this machine")
        }
        guard let (host, port) = Self.split(try fields.text("relay") ?? "", usual: security == .implicit ? 465 : 587)
        else {
            throw Members.wrong("\(place).relay", "the mail server's name or address, such as mail.example.org:587")
        }
        let (user, passwordFile) = (try fields.text("user"), try fields.text("passwordFile"))
        guard (user == nil) == (passwordFile == nil) else {
            throw Members.wrong(place, "both 'user' and 'passwordFile', or neither")
        }
        guard user?.utf8.count ?? 0 <= 255 else { throw Members.wrong("\(place).user", "up to 255 bytes") }
        self.init(
            to: to, from: from, host: host, port: port, security: security, user: user, passwordFile: passwordFile,
            authorities: try fields.text("authorities"))
    }

    /// `local@domain`: of RFC 5321's mailboxes those without quotes, comments and characters beyond ASCII.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count) else { return false }
        return isDotted(parts[0]) { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            && isDotted(parts[1]) { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isDotted(_ text: Substring, _ fits: (UInt8) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0.utf8.allSatisfy(fits)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// `host`, `host:port`, `[address]:port`.
    private static func split(_ text: String, usual: Int) -> (host: String, port: Int)? {
        var (host, digits) = (Substring(text), Substring(""))
        if text.hasPrefix("["), let close = text.lastIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<close]
            digits = text[text.index(after: close)...]
            guard host.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == 0x3A || $0 == 0x2E }) else { return nil }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            (host, digits) = (text[..<colon], text[colon...])
            guard isDotted(host, { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) else { return nil }
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
        if digits.isEmpty { return (String(host), usual) }
        guard digits.first == ":", digits.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits.dropFirst()), (1...65535).contains(port)
        else { return nil }
        return (String(host), port)
    }
}

extension AlertSettings.Route {
    fileprivate init(_ json: JSONValue, _ place: String, names: [String]) throws(ReleaseError) {
        let fields = try Members(json, place, known: ["alerts", "endpoints", "severity", "receivers"])
        let receivers = try fields.names("receivers", of: names)
        guard !receivers.isEmpty else { throw Members.wrong("\(place).receivers", "names of receivers") }
        self.init(receivers: receivers)
        alerts = Set(try fields.names("alerts", of: AlertRules.names))
        endpoints = Set(try fields.names("endpoints", of: nil))
        guard let word = try fields.text("severity") else { return }
        guard let severity = WatchedAlert.Severity(rawValue: word) else {
            throw Members.wrong("\(place).severity", "page or ticket")
        }
        self.severity = severity
    }
}

/// The members of an object, read with the place named in errors.
private struct Members {
    let all: [JSONValue.Member]
    private let place: String

    /// - Parameter known: what may be there; `nil` for anything.
    init(_ json: JSONValue, _ place: String, known: Set<String>?) throws(ReleaseError) {
        guard let all = json.objectValue else { throw Self.wrong(place, "an object") }
        if let known, let other = all.first(where: { !known.contains($0.key) }) {
            throw ReleaseError(
                .malformed, "\(place): there is no '\(other.key.prefix(40))'",
                help: "there are: \(known.sorted().joined(separator: ", "))")
        }
        self.all = all
        self.place = place == "settings" ? "" : place + "."
    }

    subscript(key: String) -> JSONValue? { all.first { $0.key == key }?.value }

    func value(_ key: String) throws(ReleaseError) -> JSONValue {
        guard let value = self[key] else { throw ReleaseError(.malformed, "\(place)\(key) is missing") }
        return value
    }

    func text(_ key: String) throws(ReleaseError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue, !text.isEmpty, !text.utf8.contains(0) else {
            throw Self.wrong(place + key, "a text")
        }
        return text
    }

    func flag(_ key: String) throws(ReleaseError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.boolValue else { throw Self.wrong(place + key, "true or false") }
        return flag
    }

    func list(_ key: String) throws(ReleaseError) -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard let list = value.arrayValue else { throw Self.wrong(place + key, "a list") }
        return list
    }

    /// Texts, each one of `known` where that is given.
    func names(_ key: String, of known: [String]?) throws(ReleaseError) -> [String] {
        var names: [String] = []
        for value in try list(key) ?? [] {
            guard let name = value.stringValue, known?.contains(name) ?? true else {
                throw Self.wrong(
                    place + key, known.map { "some of \($0.joined(separator: ", "))" } ?? "a list of texts")
            }
            names.append(name)
        }
        return names
    }

    /// Milliseconds.
    func time(_ key: String, _ range: ClosedRange<Int>) throws(ReleaseError) -> Int? {
        guard let value = self[key] else { return nil }
        if value == "0s", range.contains(0) { return 0 }
        guard let text = value.stringValue, let time = try? TimeSpan(text), range.contains(time.milliseconds) else {
            let low = (try? TimeSpan(milliseconds: max(1, range.lowerBound)))?.description ?? ""
            let high = (try? TimeSpan(milliseconds: range.upperBound))?.description ?? ""
            throw Self.wrong(place + key, "a time from \(low) to \(high), such as 30s or 5m")
        }
        return time.milliseconds
    }

    func refuse(_ keys: [String], beside way: String) throws(ReleaseError) {
        for key in keys where self[key] != nil {
            throw ReleaseError(.malformed, "\(place)\(key) does not go with '\(way)'")
        }
    }

    static func wrong(_ place: String, _ expected: String) -> ReleaseError {
        ReleaseError(.malformed, "\(place): expected \(expected)")
    }
}
