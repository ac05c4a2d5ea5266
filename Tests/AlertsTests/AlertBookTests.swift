import Tensors
import Testing

@testable import Alerts

/// Messages are values: what holds at which moment goes in, who is told what comes out.
@Suite struct AlertBookTests {
    private static func settings(
        wait: Int = 10_000, again: Int = 3_600_000, routes: [AlertSettings.Route] = [], tellsEnd: Bool = true
    ) -> AlertSettings {
        var settings = AlertSettings(
            receivers: ["ops", "retrain"].map {
                .init(name: $0, way: .command(.init(words: ["/bin/true"], limit: 1000)), tellsEnd: tellsEnd)
            }, routes: routes)
        settings.wait = wait
        settings.again = again
        return settings
    }

    private static func alert(
        _ name: String = "SlipwayDrift", _ endpoint: String = "digits", detail: String = "", patience: Int = 0,
        severity: WatchedAlert.Severity = .ticket
    ) -> WatchedAlert {
        WatchedAlert(
            .init(name, endpoint: endpoint, detail: detail), severity, "something is wrong", remedy: "look",
            patience: patience)
    }

    /// Seconds and what holds then; the messages as `receiver: firing | over`.
    private static func play(
        _ settings: AlertSettings, silences: [AlertSilence] = [], _ steps: [(Int, [WatchedAlert])]
    ) -> [String] {
        var book = AlertBook(settings)
        return steps.flatMap { seconds, holding in
            book.update(holding, silences: silences, at: seconds * 1000).messages.map { message in
                func names(_ entries: [AlertBook.Entry]) -> String {
                    entries.map { $0.alert.key.name.dropFirst(7) + $0.alert.key.detail }.joined(separator: ",")
                }
                return
                    "\(seconds) \(message.receiver) \(message.endpoint): \(names(message.firing)) | \(names(message.over))"
            }
        }
    }

    @Test func alertsOfOneEndpointWaitForEachOtherAndLeaveTogether() {
        let (one, two) = (Self.alert(detail: "1"), Self.alert("SlipwayRolledBack"))
        let other = Self.alert("SlipwayDrift", "iris")
        let route = AlertSettings.Route(receivers: ["ops"])
        let told = Self.play(
            Self.settings(routes: [route]),
            [
                (0, [one]), (5, [one, two]), (9, [one, two, other]), (10, [one, two, other]),
                (11, [one, two, other]), (19, [one, two, other]), (30, [one, two, other]),
            ])
        #expect(told == ["10 ops digits: Drift1,RolledBack | ", "19 ops iris: Drift | "])
    }

    /// A clock that is set back by an hour holds neither a first message back, nor an end, nor what has to last for a while.
    @Test func aClockThatIsSetBackHoldsNothingBack() {
        let (one, slow) = (Self.alert(), Self.alert("SlipwayOverloaded", patience: 30_000))
        let settings = Self.settings(routes: [.init(receivers: ["ops"])])
        let told = Self.play(
            settings,
            [
                (7200, [one, slow]), (3600, [one, slow]), (3610, [one, slow]), (3630, [one, slow]),
                (3640, [one, slow]),
                (1000, []), (1010, []),
            ])
        #expect(
            told == [
                "3610 ops digits: Drift | ", "3640 ops digits: Drift,Overloaded | ",
                "1010 ops digits:  | Drift,Overloaded",
            ])
    }

    @Test func whatEndsIsToldOnceToThoseWhoWereTold() {
        let (one, two) = (Self.alert(detail: "1"), Self.alert(detail: "2"))
        let route = AlertSettings.Route(receivers: ["ops"])
        let steps = [(0, [one, two]), (10, [one, two]), (20, [one]), (30, [one]), (40, []), (50, []), (60, [])]
        #expect(
            Self.play(Self.settings(routes: [route]), steps) == [
                "10 ops digits: Drift1,Drift2 | ", "30 ops digits: Drift1 | Drift2", "50 ops digits:  | Drift1",
            ])
        #expect(
            Self.play(Self.settings(routes: [route], tellsEnd: false), steps) == [
                "10 ops digits: Drift1,Drift2 | ", "30 ops digits: Drift1 | ",
            ])
        #expect(
            Self.play(Self.settings(routes: [route]), [(0, [one]), (5, []), (30, [])]).isEmpty,
            "what was over before anybody was told is nobody's business")
    }

    @Test func whatStillHoldsIsToldAgainAfterAWhile() {
        let one = Self.alert()
        let route = AlertSettings.Route(receivers: ["ops"])
        let told = Self.play(
            Self.settings(wait: 0, again: 60_000, routes: [route]), (0..<20).map { ($0 * 10, [one]) })
        #expect(told.map { $0.prefix { $0 != " " } } == ["0", "60", "120", "180"])
    }

    @Test func patienceIsWaitedForAndBeginsAnew() {
        let slow = Self.alert(patience: 60_000)
        let route = AlertSettings.Route(receivers: ["ops"])
        let told = Self.play(
            Self.settings(wait: 0, routes: [route]),
            [(0, [slow]), (50, [slow]), (55, []), (58, [slow]), (110, [slow]), (118, [slow])])
        #expect(told == ["118 ops digits: Drift | "])
    }

    @Test func aSilencedAlertIsToldToNobodyAndIsNotOver() throws {
        let one = Self.alert()
        let route = AlertSettings.Route(receivers: ["ops"])
        let silence = try AlertSilence(id: "s", alert: "SlipwayDrift", endpoint: "digits", until: 100_000, note: "")
        let told = Self.play(
            Self.settings(wait: 0, routes: [route]), silences: [silence],
            [(0, [one]), (50, [one]), (100, [one]), (110, [])])
        #expect(told == ["100 ops digits: Drift | ", "110 ops digits:  | Drift"])
        var book = AlertBook(Self.settings(wait: 0, routes: [route]))
        _ = book.update([one], silences: [], at: 0)
        #expect(book.update([one], silences: [silence], at: 1000).messages.isEmpty)
        #expect(book.current.map(\.isSilenced) == [true])
        #expect(AlertSilence(json: silence.json) == silence)
        #expect(throws: (any Error).self) {
            try AlertSilence(id: "s", alert: "Drift", endpoint: nil, until: 1, note: "")
        }
    }

    @Test func routesChooseByNameEndpointAndSeverity() {
        let routes = [
            AlertSettings.Route(alerts: ["SlipwayDrift"], receivers: ["retrain"]),
            AlertSettings.Route(endpoints: ["iris"], severity: .page, receivers: ["ops", "retrain"]),
        ]
        let settings = Self.settings(routes: routes)
        #expect(settings.receivers(of: Self.alert()) == ["retrain"])
        #expect(settings.receivers(of: Self.alert("SlipwayRolledBack", "iris", severity: .page)) == ["ops", "retrain"])
        #expect(settings.receivers(of: Self.alert("SlipwayRolledBack", "iris")).isEmpty)
        #expect(Self.settings().receivers(of: Self.alert()) == ["ops", "retrain"])
    }

    /// Source: Alertmanager, webhook_config; its receivers in Go decode exactly these members.
    @Test func aMessageHasAlertmanagersForm() {
        var book = AlertBook(Self.settings(wait: 0, routes: [.init(receivers: ["ops"])]))
        let message = book.update([Self.alert(detail: "digits:1")], silences: [], at: 5000).messages[0]
        let json = message.json { "T\($0)" }
        #expect(json["version"]?.stringValue == "4" && json["status"]?.stringValue == "firing")
        let alert = json["alerts"]?.arrayValue?.first
        #expect(alert?["labels"]?["alertname"]?.stringValue == "SlipwayDrift")
        #expect(alert?["labels"]?["endpoint"]?.stringValue == "digits")
        #expect(alert?["startsAt"]?.stringValue == "T5000" && alert?["endsAt"]?.stringValue == "0001-01-01T00:00:00Z")
        #expect(alert?["fingerprint"]?.stringValue?.utf8.count == 16)
        let over = book.update([], silences: [], at: 6000).messages[0].json { "T\($0)" }
        #expect(over["status"]?.stringValue == "resolved")
        #expect(over["alerts"]?.arrayValue?.first?["endsAt"]?.stringValue == "T6000")
    }

    // MARK: - Over a restart

    /// A book as another server reads it.
    private static func restarted(_ book: AlertBook, _ settings: AlertSettings, at seconds: Int) throws -> AlertBook {
        AlertBook(settings, json: try JSONValue.parse(book.json.encoded()), at: seconds * 1000)
    }

    /// At every moment of a history the server may be killed: who is told what stays the same.
    @Test func aRestartRepeatsNothingAndForgetsNoEnd() throws {
        let (one, two) = (Self.alert(detail: "1"), Self.alert("SlipwayRolledBack", patience: 20_000))
        let settings = Self.settings(wait: 5000, again: 36_000_000, routes: [.init(receivers: ["ops"])])
        let history: [[WatchedAlert]] = (0..<70).map { step in
            switch step {
            case 3..<20: step < 8 ? [one] : [one, two]
            case 20..<35: [two]
            case 48..<56: [one]
            default: []
            }
        }
        func told(killedAt death: Int?) throws -> [String] {
            var book = AlertBook(settings)
            var told: [String] = []
            for (step, holding) in history.enumerated() {
                if step == death { book = try Self.restarted(book, settings, at: step * 5) }
                let found = book.update(holding, silences: [], at: step * 5000)
                told += found.messages.map { message in
                    "\(message.firing.map(\.alert.key.text)) | \(message.over.map(\.alert.key.text))"
                }
            }
            return told
        }
        let whole = try told(killedAt: nil)
        #expect(whole.count >= 6)
        for death in history.indices { #expect(try told(killedAt: death) == whole, "killed at \(death)") }
    }

    @Test func whatIsNotSeenAtOnceAfterARestartIsNotOver() throws {
        let settings = Self.settings(wait: 0, routes: [.init(receivers: ["ops"])])
        var book = AlertBook(settings)
        #expect(book.update([Self.alert()], silences: [], at: 0).messages.count == 1)
        var next = try Self.restarted(book, settings, at: 5)
        let silence = try AlertSilence(id: "s", alert: nil, endpoint: nil, until: 1_000_000, note: "")
        for look in 0..<AlertBook.patientLooks {
            let silences = look == 1 ? [silence] : []
            #expect(
                next.update([], silences: silences, at: 5000 + look).messages.isEmpty, "not everything is there yet")
        }
        let over = next.update([], silences: [], at: 10_000)
        #expect(over.messages.map { $0.over.count } == [1] && over.changes.count == 1)
        // A receiver that is no more is forgotten, and what is damaged is nothing.
        var other = settings
        other.receivers = [.init(name: "else", way: settings.receivers[0].way, tellsEnd: true)]
        other.routes = []
        #expect(try Self.restarted(book, other, at: 5).told.isEmpty)
        for damaged in ["[]", #"{"entries":[{"alert":1}],"told":[{}]}"#, #"{"entries":{},"told":7}"#] {
            let read = AlertBook(settings, json: try JSONValue.parse(Array(damaged.utf8)), at: 0)
            #expect(read.current.isEmpty && read.told.isEmpty)
        }
    }

    @Test func aMessageIsKeptUntilItIsTaken() throws {
        var book = AlertBook(Self.settings(wait: 0, routes: [.init(receivers: ["ops"])]))
        let first = book.update([Self.alert(detail: "a\"b\n")], silences: [], at: 5000).messages[0]
        let over = book.update([], silences: [], at: 6000).messages[0]
        for message in [first, over] {
            #expect(AlertBook.Message(kept: try JSONValue.parse(message.kept.encoded())) == message)
        }
        #expect(AlertBook.Message(kept: ["receiver", "x"]) == nil)
    }

    // MARK: - Mail

    @Test func aMailSaysWhatIsWrongInOneLineAndInText() throws {
        let settings = Self.settings(wait: 0, routes: [.init(receivers: ["ops"])])
        var book = AlertBook(settings)
        let page = Self.alert("SlipwayRolledBack", severity: .page)
        let first = book.update([Self.alert(detail: "digits:1"), page], silences: [], at: 5000).messages[0]
        #expect(first.mailSubject == "[slipway page] SlipwayDrift, SlipwayRolledBack of 'digits'")
        let text = first.mailText { "T\($0)" }
        #expect(
            text.contains("SlipwayDrift of 'digits' (digits:1), ticket, since T5000\n  something is wrong\n  do: look"))
        let over = book.update([], silences: [], at: 6000).messages[0]
        #expect(over.mailSubject == "[slipway over] SlipwayDrift, SlipwayRolledBack of 'digits'")
        #expect(over.mailText { "T\($0)" }.contains("Over since T6000: SlipwayDrift") && over.mailID != first.mailID)
        // What a reason says cannot begin a line of its own, or a header.
        let odd = WatchedAlert(.init("X", endpoint: "a\r\nBcc: b@c"), .page, "one\r\ntwo\u{1B}[2J", remedy: "look")
        let message = AlertBook.Message(
            receiver: "ops", endpoint: "a\r\nBcc: b@c", firing: [.init(alert: odd, since: 0)], over: [], time: 1)
        #expect(message.mailSubject == "[slipway page] X of 'a  Bcc: b@c'")
        #expect(message.mailText { _ in "T" }.split(separator: "\n").count == 3)
        #expect(!message.mailText { _ in "T" }.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
}
