/// Decides when the server process is started again after it ended.
///
/// A value: events in, an action out; the shell forks, waits and sleeps.
package struct Supervisor: Sendable {
    package enum Event: Hashable, Sendable {
        /// The process says that it answers requests.
        case ready
        /// The process ended, this long after it was started.
        case exited(ProcessEnd, afterSeconds: Double)
        /// Someone asked for the server to stop, and the process was told.
        case stopRequested
    }

    package enum Action: Hashable, Sendable {
        case none
        case start(afterSeconds: Double)
        /// Done: end with the same status.
        case finish(ProcessEnd)
        /// Starting it again would not help.
        case giveUp(reason: String)
    }

    private let policy: BackOff
    private var isReady = false
    private var wasEverReady = false
    private var isStopping = false
    /// Ends in a row, none of which followed a long enough life.
    private var failures = 0

    package init(policy: BackOff = BackOff()) {
        self.policy = policy
    }

    /// What to do about `event`.
    ///
    /// - An end that was asked for, or with status 0, is final.
    /// - Status 64 (wrong usage), and any status before the process was ready for the first time, is a fault that the
    ///   same command would run into again, such as a port in use: given up, so that the person at the terminal sees
    ///   it at once. Death by a signal is not: there, another version may be the way out (see `Quarantine`).
    /// - Everything else is started again: at once after a long enough life, else with growing pauses.
    package mutating func handle(_ event: Event) -> Action {
        switch event {
        case .ready:
            isReady = true
            wasEverReady = true
            return .none
        case .stopRequested:
            isStopping = true
            return .none
        case .exited(let status, let seconds):
            defer { isReady = false }
            return after(status, seconds)
        }
    }

    private mutating func after(_ status: ProcessEnd, _ seconds: Double) -> Action {
        if isStopping || status == .code(0) { return .finish(status) }
        if case .code(let code) = status, code == Self.usage || !wasEverReady {
            return .giveUp(reason: "the server \(status) before it was ready")
        }
        failures = isReady && seconds >= policy.stableAfterSeconds ? 1 : failures + 1
        guard failures <= policy.maximumFailures else {
            return .giveUp(reason: "the server ended \(failures) times in a row; the last time it \(status)")
        }
        return .start(afterSeconds: policy.pause(afterFailures: failures))
    }

    /// `EX_USAGE` of sysexits.h.
    private static let usage: Int32 = 64
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable {
    case code(Int32)
    case signal(Int32)
}

extension ProcessEnd: CustomStringConvertible {
    package var description: String {
        switch self {
        case .code(let code): "ended with status \(code)"
        case .signal(let number): "was killed by signal \(number)"
        }
    }
}

/// How long to wait before starting again.
package struct BackOff: Hashable, Sendable {
    /// The pause before the second attempt in a row; the first is made at once. Doubles from there.
    package var initialSeconds = 0.5
    package var maximumSeconds = 30.0
    /// A process that was ready and lived this long has proved itself: failures are counted afresh.
    package var stableAfterSeconds = 60.0
    /// Failures in a row after which no further attempt is made.
    package var maximumFailures = 10

    package init() {}

    /// - Parameter failures: in a row, from 1.
    package func pause(afterFailures failures: Int) -> Double {
        guard failures >= 2 else { return 0 }
        var pause = initialSeconds
        for _ in 2..<failures where pause < maximumSeconds { pause *= 2 }
        return min(pause, maximumSeconds)
    }
}
