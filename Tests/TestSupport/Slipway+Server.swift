package import Client
internal import Glibc
internal import Home
package import Subprocess
internal import Synchronization
internal import SystemPackage
internal import Tensors

extension Slipway {
    /// A program that stays: it has said its first line.
    package final class Running: Sendable {
        /// The first line of its standard output.
        package let line: String
        package let process: ProcessIdentifier
        private let log: String
        private let told = Mutex(false)

        fileprivate init(line: String, process: ProcessIdentifier, log: String) {
            self.line = line
            self.process = process
            self.log = log
        }

        /// Sends SIGTERM to the process that was started.
        package func terminate() {
            leave()
            kill(process.value, SIGTERM)
        }

        /// Lets the process end by something else than a signal from here.
        package func leave() { told.withLock { $0 = true } }

        /// What it has written on standard error so far.
        package func talk() -> String { (try? TextFile.read(log)) ?? "" }

        fileprivate func end() { if !told.withLock({ $0 }) { terminate() } }
    }

    /// Where a running server listens.
    package struct Server: Sendable {
        /// `HOST:PORT` as the server printed them.
        package let data: String
        package let control: String
        /// The process that serves, as it was at the start; `running.process` is its supervisor.
        package let worker: Int32
        package let running: Running

        /// `127.0.0.1:PORT`, also for a server that listens at all addresses.
        package var dataAddress: String { Self.loopback(data) }
        package var controlAddress: String { Self.loopback(control) }

        package var dataPort: Int { Int(data.split(separator: ":").last ?? "") ?? 0 }
        package var controlPort: Int { Int(control.split(separator: ":").last ?? "") ?? 0 }

        package func dataPlane() throws -> HTTPClient { HTTPClient(try ServerAddress(dataAddress)) }
        package func controlPlane() throws -> HTTPClient { HTTPClient(try ServerAddress(controlAddress)) }

        private static func loopback(_ address: String) -> String {
            "127.0.0.1:\(address.split(separator: ":").last ?? "0")"
        }
    }

    /// How a program ended, and what a test made of it meanwhile.
    package struct Ended<Result: Sendable>: Sendable {
        package var result: Result
        package var status: TerminationStatus
        package var talk: String

        /// `nil` after an end by a signal.
        package var exitCode: Int32? { if case .exited(let code) = status { code } else { nil } }
    }

    /// Starts a program that stays, runs `body` once it has said its first line, and waits for its end, for which it is
    /// sent SIGTERM unless `body` has sent it a signal.
    ///
    /// - Parameter launcher: a program, by its name, that becomes the one that the rest of its arguments name; with its
    ///   own arguments.
    package func starting<Result: Sendable>(
        _ arguments: [String], under launcher: [String] = [],
        _ body: @Sendable @escaping (Running) async throws -> Result
    ) async throws -> Ended<Result> {
        let log = scratch.file("talk-\(UInt32.random(in: 0...UInt32.max)).log")
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        var platform = PlatformOptions()
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        // A server that was there before, for the same home, is not ours to end.
        let before = serverProcess
        defer { endWhatServesStill(but: before) }
        let binary = try Self.binary()
        let program = launcher.first.map { Executable.name($0) } ?? .path(FilePath(binary))
        let line = launcher.isEmpty ? arguments : launcher.dropFirst() + [binary] + arguments
        let run = try await Subprocess.run(
            program, arguments: Arguments(line), environment: variables,
            platformOptions: platform, input: .none, output: .sequence,
            error: .fileDescriptor(file, closeAfterSpawningProcess: true)
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            guard let line = try await lines.next() else {
                throw MissingTool(
                    "'slipway \(arguments.joined(separator: " "))' ended: \((try? TextFile.read(log)) ?? "")")
            }
            let running = Running(line: line, process: execution.processIdentifier, log: log)
            do {
                let result = try await body(running)
                running.end()
                while try await lines.next() != nil {}
                return result
            } catch {
                await execution.teardown(using: platform.teardownSequence)
                throw error
            }
        }
        return Ended(result: run.closureResult, status: run.terminationStatus, talk: (try? TextFile.read(log)) ?? "")
    }

    /// Starts a server on free ports (`serve` or `run …`), runs `body` once it is ready, ends it, and returns how it
    /// ended.
    @discardableResult
    package func serving<Result: Sendable>(
        _ arguments: [String] = ["serve"], under launcher: [String] = [],
        _ body: @Sendable @escaping (Server) async throws -> Result
    ) async throws -> Ended<Result> {
        try await starting(arguments + ["--port", "0", "--control-port", "0", "--json"], under: launcher) { running in
            guard let ready = try? JSONValue.parse(Array(running.line.utf8)), let data = ready["data"]?.stringValue,
                let control = ready["control"]?.stringValue,
                let worker = ready["pid"]?.intValue.flatMap(Int32.init(exactly:))
            else { throw MissingTool("the server said nothing that reads as its ready line: \(running.line)") }
            return try await body(Server(data: data, control: control, worker: worker, running: running))
        }
    }

    /// The process that serves this home.
    private var serverProcess: Int32? {
        (try? HomeDirectory(path: home.path)).flatMap { HomeLock.owner(of: .server, in: $0) }
    }

    /// After a test that failed: a supervisor that had to be killed cannot take its worker with it.
    private func endWhatServesStill(but other: Int32?) {
        guard let process = serverProcess, process != other else { return }
        kill(process, SIGKILL)
    }
}
