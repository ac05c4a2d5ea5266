/// Which alerts hold since when, and who has been told: what holds goes in, messages come out. No clock, no network.
///
/// An alert that holds for as long as its patience *fires*. Alerts of one endpoint are one message to a receiver: it leaves when
/// they have waited for others, again when one joins or ends, and again after a while as long as one holds. What was told to
/// somebody is told to be over.
package struct AlertBook: Sendable {
    /// One alert as it stands.
    package struct Entry: Hashable, Sendable {
        package var alert: WatchedAlert
        /// Milliseconds since 1970.
        package var since: Int
        /// When it began to fire; `nil` while its patience lasts.
        package var firedAt: Int?
        package var isSilenced = false

        package init(alert: WatchedAlert, since: Int, firedAt: Int? = nil) {
            self.alert = alert
            self.since = since
            self.firedAt = firedAt
        }
    }

    /// What leaves for one receiver.
    package struct Message: Hashable, Sendable {
        package var receiver: String
        /// Empty for the server itself.
        package var endpoint: String
        package var firing: [Entry]
        /// Those that are over, with when.
        package var over: [Entry]
        package var time: Int

        package init(receiver: String, endpoint: String, firing: [Entry], over: [Entry], time: Int) {
            self.receiver = receiver
            self.endpoint = endpoint
            self.firing = firing
            self.over = over
            self.time = time
        }
    }

    /// Something for the event log.
    package enum Change: Hashable, Sendable {
        case fired(WatchedAlert)
        case resolved(WatchedAlert)
    }

    private struct Group: Hashable, Sendable {
        var receiver: String
        var endpoint: String
    }

    private struct Told: Sendable {
        var firing: Set<WatchedAlert.Key> = []
        /// What was told last of those.
        var entries: [WatchedAlert.Key: Entry] = [:]
        var at = 0
        /// Since when something new waits; `nil` for nothing.
        var waitingSince: Int?
    }

    private let settings: AlertSettings
    private var entries: [WatchedAlert.Key: Entry] = [:]
    private var told: [Group: Told] = [:]
    /// Alerts that are kept track of; more at a time are not taken.
    private static let most = 1000

    package init(_ settings: AlertSettings) { self.settings = settings }

    /// What holds or waits to, by endpoint and name.
    package var current: [Entry] { entries.values.sorted { $0.alert.key < $1.alert.key } }

    /// Takes what holds at a moment.
    ///
    /// - Returns: the messages that leave now, and what has begun or ended.
    package mutating func update(
        _ holding: [WatchedAlert], silences: [AlertSilence], at time: Int
    ) -> (messages: [Message], changes: [Change]) {
        let changes = note(holding, silences, time)
        var messages: [Message] = []
        var groups = Set(told.keys)
        for entry in entries.values where entry.firedAt != nil && !entry.isSilenced {
            for receiver in settings.receivers(of: entry.alert) {
                groups.insert(Group(receiver: receiver, endpoint: entry.alert.key.endpoint))
            }
        }
        for group in groups.sorted(by: { ($0.endpoint, $0.receiver) < ($1.endpoint, $1.receiver) }) {
            if let message = message(to: group, time) { messages.append(message) }
        }
        return (messages, changes)
    }

    private mutating func note(_ holding: [WatchedAlert], _ silences: [AlertSilence], _ time: Int) -> [Change] {
        var changes: [Change] = []
        let present = Set(holding.map(\.key))
        for (key, entry) in entries where !present.contains(key) {
            if entry.firedAt != nil { changes.append(.resolved(entry.alert)) }
            entries[key] = nil
        }
        for alert in holding {
            guard entries[alert.key] != nil || entries.count < Self.most else { continue }
            var entry = entries[alert.key] ?? Entry(alert: alert, since: time)
            entry.alert = alert
            entry.isSilenced = silences.contains { $0.silences(alert.key, at: time) }
            if entry.firedAt == nil, time - entry.since >= alert.patience {
                entry.firedAt = time
                changes.append(.fired(alert))
            }
            entries[alert.key] = entry
        }
        return changes
    }

    private mutating func message(to group: Group, _ time: Int) -> Message? {
        var told = told[group] ?? Told()
        let firing = current.filter { entry in
            entry.firedAt != nil && !entry.isSilenced && entry.alert.key.endpoint == group.endpoint
                && settings.receivers(of: entry.alert).contains(group.receiver)
        }
        let keys = Set(firing.map(\.alert.key))
        // What is silenced is not over: nobody is told that it is.
        let over = told.firing.subtracting(keys).filter { entries[$0] == nil }
        let isNew = !keys.subtracting(told.firing).isEmpty || !over.isEmpty
        if isNew, told.waitingSince == nil { told.waitingSince = time }
        if !isNew { told.waitingSince = nil }
        let isDue =
            told.waitingSince.map { time - $0 >= settings.wait } ?? (!keys.isEmpty && time - told.at >= settings.again)
        guard isDue else {
            self.told[group] = keys.isEmpty && told.firing.isEmpty && told.waitingSince == nil ? nil : told
            return nil
        }
        let ended = over.sorted().compactMap { told.entries[$0] }
        let tellsEnd = settings.receivers.first { $0.name == group.receiver }?.tellsEnd ?? false
        told.firing = told.firing.subtracting(over).union(keys)
        for entry in firing { told.entries[entry.alert.key] = entry }
        for key in over { told.entries[key] = nil }
        told.at = time
        told.waitingSince = nil
        self.told[group] = told.firing.isEmpty ? nil : told
        let shown = tellsEnd ? ended : []
        guard !firing.isEmpty || !shown.isEmpty else { return nil }
        return Message(receiver: group.receiver, endpoint: group.endpoint, firing: firing, over: shown, time: time)
    }
}
