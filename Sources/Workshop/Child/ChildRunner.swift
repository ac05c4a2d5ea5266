import Glibc
import Subprocess
import SystemPackage
import Tensors

/// The parent's side of the limited child: starts this program again with a hidden verb and reads its report.
package struct ChildRunner: Sendable {
    /// The most that a child may say on standard output, when it is kept in memory.
    private static let payloadLimit = 256 << 20
    private static let reportLimit = 64 << 20
    /// What begins the line with the child's report; engines may print lines of their own before it.
    static let reportMark = "slipway-child: "

    /// The program to run: this one.
    private let executable: String
    /// How long a child may take, instead of what its task is allowed.
    private let wallClock: Duration?
    /// Whether children give way to whatever else the processors have to do.
    private let yields: Bool

    /// - Parameters:
    ///   - executable: the program that knows the hidden verb.
    ///   - wallClock: how long a child may take, instead of what its task is allowed.
    ///   - yields: whether children give way to whatever else the processors have to do, such as answering requests. They may
    ///     take ten times as long then: that is what they get of a machine that is at its limit.
    package init(executable: String = "/proc/self/exe", wallClock: Duration? = nil, yields: Bool = false) {
        self.executable = executable
        self.wallClock = wallClock
        self.yields = yields
    }

    /// What a child left behind.
    struct Reply: Sendable {
        var report: JSONValue
        var payload: [UInt8]
    }

    /// Runs a task and keeps its payload in memory.
    func run(_ task: ChildTask) async throws(WorkshopError) -> Reply {
        let result = try await bounded(task) {
            let result = try await Subprocess.run(
                .path(FilePath(executable)), arguments: Arguments(task.arguments), environment: environment,
                input: .none,
                output: .bytes(limit: Self.payloadLimit), error: .bytes(limit: Self.reportLimit))
            return Outcome(
                status: result.terminationStatus, errors: result.standardError, payload: result.standardOutput)
        }
        return Reply(report: try report(of: result, task), payload: result.payload)
    }

    /// Runs a task whose payload goes to an open file.
    ///
    /// - Parameter progress: told where the child says that it is.
    func run(
        _ task: ChildTask, writingTo file: FileDescriptor, progress: @escaping @Sendable (ChildStep) -> Void = { _ in }
    ) async throws(WorkshopError) -> JSONValue {
        let result = try await bounded(task) {
            let result = try await Subprocess.run(
                .path(FilePath(executable)), arguments: Arguments(task.arguments), environment: environment,
                input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: false), error: .sequence
            ) { execution in
                var talk = ChildTalk(limit: Self.reportLimit)
                for try await buffer in execution.standardError {
                    buffer.withUnsafeBytes { talk.take($0, steps: progress) }
                }
                talk.finish()
                return talk.rest
            }
            return Outcome(status: result.terminationStatus, errors: result.closureResult, payload: [])
        }
        return try report(of: result, task)
    }

    /// Runs a task that leaves a report and nothing else.
    func report(
        of task: ChildTask, progress: @escaping @Sendable (ChildStep) -> Void = { _ in }
    ) async throws(WorkshopError) -> JSONValue {
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard nowhere >= 0 else { throw WorkshopError(.sandbox, "/dev/null cannot be opened") }
        defer { close(nowhere) }
        return try await run(task, writingTo: FileDescriptor(rawValue: nowhere), progress: progress)
    }

    /// A runner whose children may take so long.
    func limited(to wallClock: Duration) -> ChildRunner {
        ChildRunner(executable: executable, wallClock: wallClock, yields: yields)
    }

    private struct Outcome: Sendable {
        var status: TerminationStatus
        var errors: [UInt8]
        var payload: [UInt8]
    }

    /// One heap arena a thread would eat up the address space; a crash needs no backtrace, its signal says enough.
    private var environment: Environment {
        .inherit.updating([
            "MALLOC_ARENA_MAX": "2", "SWIFT_BACKTRACE": "enable=no",
            Environment.Key(stringLiteral: ChildPriority.variable): yields ? "low" : nil,
        ])
    }

    /// Ends the child when its time is over.
    private func bounded(
        _ task: ChildTask, _ body: @escaping @Sendable () async throws -> Outcome
    ) async throws(WorkshopError) -> Outcome {
        do {
            return try await withThrowingTaskGroup(of: Outcome?.self) { group in
                group.addTask { try await body() }
                let wallClock = wallClock ?? task.wallClock * (yields ? 10 : 1)
                group.addTask {
                    try await Task.sleep(for: wallClock)
                    return nil
                }
                defer { group.cancelAll() }
                guard let outcome = try await group.next() ?? nil else {
                    throw WorkshopError(.limit, "reading the file took longer than \(wallClock) and was stopped")
                }
                return outcome
            }
        } catch let error as WorkshopError {
            throw error
        } catch let error as SubprocessError where error.code == .spawnFailed {
            throw WorkshopError(
                .sandbox, "the limited child cannot be started: \(error.underlyingError.map { "\($0)" } ?? "\(error)")",
                help: "raise the limit of processes and threads ('ulimit -u', pids.max), or end others")
        } catch {
            throw WorkshopError(.sandbox, "the limited child could not be run: \(error)")
        }
    }

    private func report(of outcome: Outcome, _ task: ChildTask) throws(WorkshopError) -> JSONValue {
        let lines = outcome.errors.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        let report = lines.last { $0.hasPrefix(Self.reportMark) }
            .flatMap { try? JSONValue.parse(Array($0.dropFirst(Self.reportMark.count).utf8)) }
        switch outcome.status {
        case .signaled(let signal):
            throw Self.death(by: signal)
        case .exited(let status):
            // A report without an error, and yet a failure: it died on the way out.
            guard let report, status == 0 || report["error"] != nil else {
                throw WorkshopError(
                    .crashed, "the limited child ended with status \(status) and no result",
                    causes: Array(lines.suffix(3)))
            }
            if let message = report["error"]?.stringValue {
                throw WorkshopError(
                    Self.code(named: report["code"]?.stringValue), message,
                    causes: report["causes"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                    help: report["help"]?.stringValue)
            }
            return report
        }
    }

    /// A signal's meaning: limits first, then faults of the code that read the file.
    private static func death(by signal: Int32) -> WorkshopError {
        switch signal {
        case 24: WorkshopError(.limit, "the file needs more processor time than a model of its size may use")
        case 25: WorkshopError(.limit, "the file grows beyond what a model of its size may become")
        case 9:
            WorkshopError(.limit, "the limited child was killed: out of processor time, or the machine out of memory")
        case 6:
            WorkshopError(
                .crashed, "reading the file aborted the limited child (out of memory, or a fault in an engine)")
        default:
            WorkshopError(.crashed, "the file crashed the limited child (signal \(signal)); nothing else was harmed")
        }
    }

    private static func code(named name: String?) -> WorkshopError.Code {
        switch name {
        case "unreadable": .unreadable
        case "limit": .limit
        case "sandbox": .sandbox
        case "mismatch": .mismatch
        default: .rejected
        }
    }
}
