import Tensors

/// Evidence of safety, which counts once it is known that it was calm when it came.
///
/// An incident is noticed only after a moment, and its failures fall on both arms as requests do: they would make any canary
/// look safe within that moment. So what comes waits for as long as `IncidentWatch` looks back, and is let go of when an
/// incident shows meanwhile. That leaves out moments in which the stable arm failed much, which speak for the canary: the
/// error rate of the test holds.
package struct SafetyDelay: Hashable, Sendable {
    private struct Slot: Hashable {
        let second: Int
        var log: Double
    }

    private var waiting: [Slot] = []
    /// The logarithm of the evidence that counts.
    package private(set) var log = 0.0

    package init() {}

    /// Takes what a look brought, if anything.
    ///
    /// - Parameters:
    ///   - log: the logarithm of the new evidence.
    ///   - time: milliseconds.
    package mutating func add(_ log: Double, at time: Int, isCalm: Bool) {
        guard isCalm else {
            waiting = []
            return
        }
        let second = time / 1000
        // Where the clock was set back, it waits as if it had come now.
        if let last = waiting.last, last.second > second {
            waiting = [Slot(second: second, log: waiting.reduce(0) { $0 + $1.log })]
        }
        if waiting.last?.second == second {
            waiting[waiting.count - 1].log += log
        } else if log != 0 {
            waiting.append(Slot(second: second, log: log))
        }
        while let first = waiting.first, first.second <= second - IncidentWatch.seconds {
            self.log += first.log
            waiting.removeFirst()
        }
    }
}

extension SafetyDelay {
    var json: JSONValue {
        .object([
            ("log", .number(log)),
            ("waiting", .array(waiting.map { .array([.integer($0.second), .number($0.log)]) })),
        ])
    }

    init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "safety", known: ["log", "waiting"])
        log = try fields.double("log")
        for item in try fields.array("waiting").prefix(2 * IncidentWatch.seconds) {
            guard let second = item.arrayValue?.first?.intValue, let log = item.arrayValue?.last?.doubleValue else {
                throw JSONFields.malformed("safety.waiting", "pairs of numbers")
            }
            waiting.append(Slot(second: second, log: log))
        }
    }
}
