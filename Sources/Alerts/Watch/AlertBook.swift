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

    struct Group: Hashable, Sendable {
        var receiver: String
        var endpoint: String
    }

    /// What somebody was told of alerts that are not over for them.
    struct Told: Hashable, Sendable {
        /// As they were told last.
        var entries: [WatchedAlert.Key: Entry] = [:]
        var at = 0
        /// Since when something new waits; `nil` for nothing.
        var waitingSince: Int?
    }

    private let settings: AlertSettings
    private(set) var entries: [WatchedAlert.Key: Entry] = [:]
    private(set) var told: [Group: Told] = [:]
    /// Looks for which alerts of before a restart hold that are not seen: not everything that is looked at is there at once.
    private var patience = 0
    /// Alerts that are kept track of; more at a time are not taken.
    static let most = 1000
    /// Looks after a restart until what is not seen is over.
    static let patientLooks = 4

    package init(_ settings: AlertSettings) { self.settings = settings }

    /// Goes on where an earlier server ended.
    init(_ settings: AlertSettings, entries: [Entry], told: [Group: Told]) {
        self.settings = settings
        let receivers = Set(settings.receivers.map(\.name))
        self.entries = Dictionary(entries.prefix(Self.most).map { ($0.alert.key, $0) }) { first, _ in first }
        self.told = told.filter { receivers.contains($0.key.receiver) }
        patience = Self.patientLooks
    }

    /// Changes whenever what has to outlast a restart does; words and numbers of an alert that goes on do not count.
    package var stamp: Int {
        var hasher = Hasher()
        for entry in current {
            hasher.combine(entry.alert.key)
            hasher.combine(entry.since)
            hasher.combine(entry.firedAt)
        }
        for (group, told) in told.sorted(by: { ($0.key.endpoint, $0.key.receiver) < ($1.key.endpoint, $1.key.receiver) }
        ) {
            hasher.combine(group)
            hasher.combine(told.at)
            hasher.combine(told.waitingSince)
        }
        return hasher.finalize()
    }

    /// What holds or waits to, by endpoint and name.
    package var current: [Entry] { entries.values.sorted { $0.alert.key < $1.alert.key } }

    /// Takes what holds at a moment.
    ///
    /// - Returns: the messages that leave now, and what has begun or ended.
    package mutating func update(
        _ holding: [WatchedAlert], silences: [AlertSilence], at time: Int
    ) -> (messages: [Message], changes: [Change]) {
        settle(at: time)
        let changes = note(holding, silences, time)
        patience = max(0, patience - 1)
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

    /// Where the clock was set back, nothing has begun later than now.
    private mutating func settle(at time: Int) {
        entries = entries.mapValues { entry in
            var entry = entry
            entry.since = min(entry.since, time)
            entry.firedAt = entry.firedAt.map { min($0, time) }
            return entry
        }
        told = told.mapValues { told in
            var told = told
            told.at = min(told.at, time)
            told.waitingSince = told.waitingSince.map { min($0, time) }
            return told
        }
    }

    private mutating func note(_ holding: [WatchedAlert], _ silences: [AlertSilence], _ time: Int) -> [Change] {
        var changes: [Change] = []
        let present = Set(holding.map(\.key))
        for (key, entry) in entries where !present.contains(key) {
            guard patience == 0 else {
                entries[key]?.isSilenced = silences.contains { $0.silences(key, at: time) }
                continue
            }
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
        let known = Set(told.entries.keys)
        let over = known.subtracting(keys).filter { entries[$0] == nil }
        let isNew = !keys.subtracting(known).isEmpty || !over.isEmpty
        if isNew, told.waitingSince == nil { told.waitingSince = time }
        if !isNew { told.waitingSince = nil }
        let isDue =
            told.waitingSince.map { time - $0 >= settings.wait } ?? (!keys.isEmpty && time - told.at >= settings.again)
        guard isDue else {
            self.told[group] = keys.isEmpty && known.isEmpty && told.waitingSince == nil ? nil : told
            return nil
        }
        let ended = over.sorted().compactMap { told.entries[$0] }
        let tellsEnd = settings.receivers.first { $0.name == group.receiver }?.tellsEnd ?? false
        for entry in firing { told.entries[entry.alert.key] = entry }
        for key in over { told.entries[key] = nil }
        told.at = time
        told.waitingSince = nil
        self.told[group] = told.entries.isEmpty ? nil : told
        let shown = tellsEnd ? ended : []
        guard !firing.isEmpty || !shown.isEmpty else { return nil }
        return Message(receiver: group.receiver, endpoint: group.endpoint, firing: firing, over: shown, time: time)
    }
}
