import Glibc
import Tensors

/// Evidence that something happens more often than a declared bound: answers that differ from the live model's, or
/// failures where there is no other arm to compare with.
///
/// The mean, over twelve rates above the bound, of the likelihood ratio against the bound: a test martingale while the
/// true rate is at most the bound, at every moment.
package struct BoundTest: Hashable, Sendable {
    package let bound: Double
    package private(set) var events = 0
    package private(set) var trials = 0
    private var logs: [Double]
    private let rates: [Double]

    /// - Parameter bound: a share of trials; raised to one in a million, below which one event would decide.
    package init(bound: Double) {
        let bound = min(max(bound, 1e-6), 0.95)
        self.bound = bound
        rates = (1...12).map { bound * pow(0.98 / bound, Double($0) / 12) }
        logs = Array(repeating: 0, count: rates.count)
    }

    package mutating func add(events: Int, trials: Int) {
        guard trials > 0, events >= 0, events <= trials else { return }
        self.events &+= events
        self.trials &+= trials
        for (index, rate) in rates.enumerated() {
            logs[index] += Double(events) * log(rate / bound)
            logs[index] += Double(trials - events) * log((1 - rate) / (1 - bound))
        }
    }

    /// The logarithm of the evidence that the rate is above the bound.
    package var harmLog: Double { LogSum.mean(logs) }
}

extension BoundTest {
    var json: JSONValue { .object([("events", .integer(events)), ("trials", .integer(trials))]) }

    /// The evidence follows from the counts.
    init(json: JSONValue, bound: Double) throws(ReleaseError) {
        let fields = try JSONFields(json, "bound", known: ["events", "trials"])
        self.init(bound: bound)
        let (events, trials) = (try fields.int("events"), try fields.int("trials"))
        guard (0...1 << 52).contains(trials), (0...trials).contains(events) else {
            throw JSONFields.malformed("bound.events", "at most as many as trials")
        }
        add(events: events, trials: trials)
    }
}
