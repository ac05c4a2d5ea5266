import Tensors

/// Notices that the stable arm, which nobody changed, fails more than it used to: then something else is the matter, and a
/// canary beside it is neither blamed nor trusted.
///
/// Looks at the last ten seconds of the stable arm's failures. They are an incident when they are at least five, and four
/// times and four standard deviations above what all calm time before makes expected; it is over when they are back within
/// two of both. Of slow requests it takes a share of all of them as well, and what has lasted a minute is how things are.
package struct IncidentWatch: Hashable, Sendable {
    private struct Slot: Hashable {
        var second: Int
        var failures: Int
        var requests: Int
    }

    /// How far it looks back.
    static let seconds = 10

    private var recent: [Slot] = []
    private var failures = 0.0
    private var requests = 0.0
    package private(set) var isOn = false
    /// Failures that are a smaller share of the requests are none.
    private let least: Double
    /// Seconds after which what was unusual is usual.
    private let longest: Int?
    private var began = 0

    /// - Parameters:
    ///   - failures: the stable arm's before, of so many `requests`.
    ///   - least: the share of requests that an incident takes.
    ///   - longest: seconds after which it is none any more; `nil` for as long as it lasts.
    package init(failures: Int = 0, requests: Int = 0, least: Double = 0, longest: Int? = nil) {
        self.failures = Double(failures)
        self.requests = Double(requests)
        (self.least, self.longest) = (least, longest)
    }

    /// For requests slower than nine in ten of the stable arm's were, of which five in a hundred are usual.
    static var ofLatency: IncidentWatch { IncidentWatch(failures: 5, requests: 100, least: 0.2, longest: 60) }

    /// Takes what the stable arm did since the last time.
    ///
    /// - Parameter time: milliseconds.
    package mutating func add(failures: Int, requests: Int, at time: Int) {
        let second = time / 1000
        // The clock was set back: what is called later than now is over.
        recent.removeAll { $0.second > second }
        began = min(began, second)
        if recent.last?.second == second {
            recent[recent.count - 1].failures += failures
            recent[recent.count - 1].requests += requests
        } else {
            recent.append(Slot(second: second, failures: failures, requests: requests))
        }
        while let first = recent.first, first.second <= second - Self.seconds {
            recent.removeFirst()
            guard !isOn else { continue }
            self.failures += Double(first.failures)
            self.requests += Double(first.requests)
        }
        let failed = Double(recent.reduce(0) { $0 + $1.failures })
        let asked = Double(recent.reduce(0) { $0 + $1.requests })
        let expected = asked * (self.failures + 0.5) / (self.requests + 100)
        let factor = isOn ? 2.0 : 4.0
        let before = isOn
        isOn =
            failed >= 5 && failed > factor * expected && failed > expected + factor * expected.squareRoot()
            && failed > (isOn ? least / 2 : least) * asked
        if isOn, !before { began = second }
        if isOn, let longest, second - began >= longest {
            (self.failures, self.requests, isOn) = (failed, asked, false)
        }
    }
}

extension IncidentWatch {
    var json: JSONValue {
        .object([("failures", .number(failures)), ("requests", .number(requests)), ("on", .bool(isOn))])
    }

    /// The last ten seconds are not kept: they are over by then.
    ///
    /// - Parameter model: what it watches.
    init(json: JSONValue, like model: IncidentWatch = IncidentWatch()) throws(ReleaseError) {
        let fields = try JSONFields(json, "incident", known: ["failures", "requests", "on"])
        (least, longest) = (model.least, model.longest)
        failures = try fields.double("failures")
        requests = try fields.double("requests")
        isOn = try fields.boolIfPresent("on") ?? false
    }
}
