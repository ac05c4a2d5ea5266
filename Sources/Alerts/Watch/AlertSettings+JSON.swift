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
    fileprivate init(_ name: String, _ json: JSONValue) throws(ReleaseError) {
        let place = "receivers.\(name)"
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Members.wrong("receivers", "names of up to 64 visible characters")
        }
        let fields = try Members(
            json, place,
            known: ["webhook", "tokenFile", "allowPrivate", "plainHTTP", "command", "limit", "resolved"])
        let way: AlertSettings.Way
        switch (fields["webhook"], fields["command"]) {
        case (let address?, nil):
            guard let text = address.stringValue, text.hasPrefix("https://") || text.hasPrefix("http://"),
                text.utf8.count <= 2048
            else { throw Members.wrong("\(place).webhook", "an address that begins with https:// or http://") }
            way = .webhook(
                AlertSettings.Webhook(
                    address: text, tokenFile: try fields.text("tokenFile"),
                    allowsPrivate: try fields.flag("allowPrivate") ?? false,
                    plainHTTP: try fields.flag("plainHTTP") ?? false))
            try fields.refuse(["limit"], beside: "webhook")
        case (nil, let words?):
            let list = words.arrayValue?.compactMap(\.stringValue) ?? []
            guard list.count == words.arrayValue?.count, (1...64).contains(list.count), list[0].hasPrefix("/"),
                list.allSatisfy({ !$0.utf8.contains(0) && $0.utf8.count <= 4096 })
            else {
                throw Members.wrong(
                    "\(place).command", "the program's whole path and its arguments, a list of texts: no shell reads it"
                )
            }
            way = .command(
                AlertSettings.Command(words: list, limit: try fields.time("limit", 100...86_400_000) ?? 60_000))
            try fields.refuse(["tokenFile", "allowPrivate", "plainHTTP"], beside: "command")
        default: throw Members.wrong(place, "either a 'webhook' or a 'command'")
        }
        self.init(name: name, way: way, tellsEnd: try fields.flag("resolved") ?? true)
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
