import ArgumentParser
import Glibc
import Home
import Tensors

struct StopVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stops the server of this home: it answers what is in flight, then ends.")

    @Option(help: "The most seconds to wait for its end.")
    var timeout = 60.0

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (0...86_400).contains(timeout) else { throw ValidationError("--timeout takes 0 to 86400 seconds") }
    }

    func run() async throws {
        let home = try homeOptions.directory()
        guard let process = HomeLock.owner(of: .server, in: home) else {
            return answer.answer(.object([("stopped", .bool(false))]), name: "") { "no server is running on this home" }
        }
        guard kill(process, SIGTERM) == 0 else {
            throw Failure(
                4010, .denied, "process \(process) cannot be told to stop: \(String(cString: strerror(errno)))")
        }
        let deadline = ContinuousClock.now + .milliseconds(Int(timeout * 1000))
        while HomeLock.owner(of: .server, in: home) != nil {
            guard ContinuousClock.now < deadline else {
                throw Failure(4011, .unavailable, "process \(process) has not ended within \(timeout) s")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        answer.answer(.object([("stopped", .bool(true)), ("pid", .integer(Int(process)))]), name: String(process)) {
            "the server (process \(process)) has ended"
        }
    }
}
