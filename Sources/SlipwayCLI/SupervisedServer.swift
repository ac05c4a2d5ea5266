import Control
import Engines
import Release
import Subprocess
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
        var wasStopped: Bool
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
        var supervisor = Supervisor()
        var known: JSONValue?
        var hasCrashed = false
        while true {
            let began = ContinuousClock.now
            let life = try await begin(known, afterCrash: hasCrashed)
            known = known ?? life.ready
            if life.ready != nil { _ = supervisor.handle(.ready) }
            if life.wasStopped { _ = supervisor.handle(.stopRequested) }
            let seconds = Double((ContinuousClock.now - began).components.seconds)
            switch supervisor.handle(.exited(life.status, afterSeconds: seconds)) {
            case .start(let pause):
                // What could not be started has not crashed: the version that crashed before it is not blamed twice.
                if life.wasStarted { hasCrashed = if case .signal = life.status { true } else { false } }
                Terminal.say("\(Paint.yellow("warning")): the server \(life.end); starting it again")
                guard try await Self.pause(seconds: pause) else { return 0 }
            case .finish(let status): return Self.code(status)
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
    private static func pause(seconds: Double) async throws -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await Task.sleep(for: .milliseconds(Int(seconds * 1000)))
                return true
            }
            group.addTask {
                for await _ in signals { return false }
                return true
            }
            defer { group.cancelAll() }
            return try await group.next() ?? true
        }
    }

    /// One life; one that could not begin, for want of processes, threads or memory, has ended at once.
    private func begin(_ known: JSONValue?, afterCrash: Bool) async throws -> Life {
        do {
            return try await live(known, afterCrash: afterCrash)
        } catch let error as SubprocessError where error.code == .spawnFailed {
            let reason = error.underlyingError.map { "\($0)" } ?? "\(error)"
            let life = Life(
                status: .code(Self.systemError), wasStopped: false,
                obstacle: "cannot be started (\(reason)): the system gives it no process, or no memory for one")
            guard known != nil else { throw Failure(8106, .unavailable, "the server \(life.end)", help: Self.remedy) }
            return life
        }
    }

    private static let remedy = "raise the limit of processes and threads ('ulimit -u', pids.max), or end others"

    private func live(_ known: JSONValue?, afterCrash: Bool) async throws -> Life {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        var platform = PlatformOptions()
        // A group of its own: Ctrl-C reaches the worker once, through us.
        platform.processGroupID = 0
        let result = try await Subprocess.run(
            .path(FilePath("/proc/self/exe")), arguments: Arguments(workerArguments(known, afterCrash)),
            platformOptions: platform, input: .none, output: .sequence,
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { execution in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    var isStopped = false
                    for await _ in signals {
                        try? execution.send(signal: .terminate)
                        isStopped = true
                    }
                    return isStopped
                }
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
                group.cancelAll()
                let wasStopped = try await group.next() ?? false
                return (ready: ready, wasStopped: wasStopped)
            }
        }
        let status: ProcessEnd =
            switch result.terminationStatus {
            case .exited(let code): .code(code)
            case .signaled(let number): .signal(number)
            }
        return Life(status: status, ready: result.closureResult.ready, wasStopped: result.closureResult.wasStopped)
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
