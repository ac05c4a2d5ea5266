import Control
import Engines
import Glibc
import Release
import Subprocess
import Synchronization
import SystemPackage
import Tensors
import UnixSignals

/// The parent of a serving process: starts this program again as a worker, passes signals on, and starts it afresh when
/// it dies, as `Release.Supervisor` decides.
struct SupervisedServer {
    /// The arguments the person gave, verb included.
    let arguments: [String]
    /// Whether the ready line goes out as JSON.
    let json: Bool

    /// What one life of the worker left behind.
    private struct Life: Sendable {
        var status: ProcessEnd
        var ready: JSONValue?
        /// Why there was none.
        var obstacle: String?

        var wasStarted: Bool { obstacle == nil }
        /// How it ended, for people.
        var end: String { obstacle ?? "\(status)" }
    }

    /// `EX_OSERR` of sysexits.h.
    private static let systemError: Int32 = 71

    /// - Returns: the exit code.
    func run() async throws -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stop = StopRequest()
        // One listener for all lives: a signal between two of them is not lost.
        let listener = Task { for await _ in signals { stop.ask() } }
        defer { listener.cancel() }
        return try await run(until: stop)
    }

    private func run(until stop: StopRequest) async throws -> Int32 {
        var supervisor = Supervisor()
        var known: JSONValue?
        var hasCrashed = false
        while true {
            let began = ContinuousClock.now
            let life = try await begin(known, afterCrash: hasCrashed, stop)
            known = known ?? life.ready
            if life.ready != nil { _ = supervisor.handle(.ready) }
            if stop.isAsked { _ = supervisor.handle(.stopRequested) }
            let seconds = Double((ContinuousClock.now - began).components.seconds)
            switch supervisor.handle(.exited(life.status, afterSeconds: seconds)) {
            case .start(let pause):
                // What could not be started has not crashed: the version that crashed before it is not blamed twice.
                if life.wasStarted { hasCrashed = if case .signal = life.status { true } else { false } }
                Terminal.say("\(Paint.yellow("warning")): the server \(life.end); starting it again")
                guard await Self.pause(seconds: pause, stop) else { return 0 }
            case .finish(let status):
                // It was told to end before it had begun to listen for that: nothing was in flight.
                let isOurs = stop.isAsked && life.ready == nil && status == .signal(SIGTERM)
                return isOurs ? 0 : Self.code(status)
            case .giveUp(let reason):
                if case .signal = life.status { Terminal.say("\(Paint.red("error")): \(reason)") }
                return Self.code(life.status)
            case .none: return Self.code(life.status)
            }
        }
    }

    /// Waits before the next start.
    ///
    /// - Returns: false when someone asked for the end meanwhile.
    private static func pause(seconds: Double, _ stop: StopRequest) async -> Bool {
        let sleep = Task { try await Task.sleep(for: .milliseconds(Int(seconds * 1000))) }
        stop.pass { sleep.cancel() }
        try? await sleep.value
        stop.pass {}
        return !stop.isAsked
    }

    /// One life; one that could not begin, for want of processes, threads or memory, has ended at once.
    private func begin(_ known: JSONValue?, afterCrash: Bool, _ stop: StopRequest) async throws -> Life {
        do {
            return try await live(known, afterCrash: afterCrash, stop)
        } catch let error as SubprocessError where error.code == .spawnFailed {
            let reason = error.underlyingError.map { "\($0)" } ?? "\(error)"
            let life = Life(
                status: .code(Self.systemError),
                obstacle: "cannot be started (\(reason)): the system gives it no process, or no memory for one")
            guard known != nil else { throw Failure(8106, .unavailable, "the server \(life.end)", help: Self.remedy) }
            return life
        }
    }

    private static let remedy = "raise the limit of processes and threads ('ulimit -u', pids.max), or end others"

    private func live(_ known: JSONValue?, afterCrash: Bool, _ stop: StopRequest) async throws -> Life {
        var platform = PlatformOptions()
        // A group of its own: Ctrl-C reaches the worker once, through us.
        platform.processGroupID = 0
        let result = try await Subprocess.run(
            .path(FilePath("/proc/self/exe")), arguments: Arguments(workerArguments(known, afterCrash)),
            platformOptions: platform, input: .none, output: .sequence,
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { execution in
            stop.pass { try? execution.send(signal: .terminate) }
            defer { stop.pass {} }
            var ready: JSONValue?
            for try await line in execution.standardOutput.strings() {
                if let value = try? JSONValue.parse(Array(line.utf8)), value["ready"]?.boolValue == true {
                    ready = value
                    // From here on it waits.
                    EngineMemory.trim()
                    EngineMemory.forgetCode()
                    announce(value, again: known != nil)
                }
            }
            return ready
        }
        let status: ProcessEnd =
            switch result.terminationStatus {
            case .exited(let code): .code(code)
            case .signaled(let number): .signal(number)
            }
        return Life(status: status, ready: result.closureResult)
    }

    /// The same arguments; ports that were picked stay the same in the next life.
    private func workerArguments(_ known: JSONValue?, _ afterCrash: Bool) -> [String] {
        var all = arguments + ["--worker"]
        if afterCrash { all.append("--after-crash") }
        if let data = known?["data"]?.stringValue.flatMap(Self.port) { all += ["--port", data] }
        if let control = known?["control"]?.stringValue.flatMap(Self.port) { all += ["--control-port", control] }
        return all
    }

    private static func port(_ address: String) -> String? { address.split(separator: ":").last.map(String.init) }

    private func announce(_ ready: JSONValue, again: Bool) {
        if again {
            let scheme = ready["tls"]?.boolValue == true ? "https" : "http"
            Terminal.say("the server is back on \(scheme)://\(ready["data"]?.stringValue ?? "?")")
        } else if json {
            Terminal.answer(bytes: ready.encoded() + [UInt8(ascii: "\n")])
        } else {
            Terminal.say(ReadyText.lines(ready).joined(separator: "\n"))
        }
    }

    private static func code(_ status: ProcessEnd) -> Int32 {
        switch status {
        case .code(let code): code
        case .signal(let number): 128 + number
        }
    }
}

/// The wish that the server ends, from the first signal on.
private final class StopRequest: Sendable {
    private struct State {
        var isAsked = false
        /// Tells who has to know at the moment.
        var tell: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())

    var isAsked: Bool { state.withLock(\.isAsked) }

    /// A signal has come; each one is passed on.
    func ask() {
        let tell = state.withLock { state in
            state.isAsked = true
            return state.tell
        }
        tell()
    }

    /// From now on signals go to `tell`; at once when one came before.
    func pass(to tell: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.tell = tell
            return state.isAsked
        }
        if isLate { tell() }
    }
}
