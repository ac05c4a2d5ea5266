import Glibc
import Tensors
import Workshop

/// Tries what the walls forbid, from inside.
struct Trespass {
    /// A folder of the test's with a file `there`.
    let folder: String

    private static let megabyte = 1 << 20

    /// - Parameter deed: `calls` reports every call's errno as JSON; the others are expected to end this process.
    func run(_ deed: String) -> Int32 {
        var walls = Sandbox.parsing(fileBytes: 0)
        walls.extraAddressSpace = 64 * Self.megabyte
        walls.cpuSeconds = deed == "spin" ? 1 : 60
        walls.fileBytes = Self.megabyte
        do throws(WorkshopError) {
            try walls.enter()
        } catch {
            report([("walls", .string(error.message))])
            return 1
        }
        switch deed {
        case "calls": report(calls())
        case "spin": while true {}
        case "write": return fill() ? 0 : 2
        default: return 64
        }
        return 0
    }

    /// Each call with the errno it left, 0 where it succeeded.
    private func calls() -> [(String, JSONValue)] {
        let there = "\(folder)/there"
        var pair: [Int32] = [0, 0]
        return [
            ("read", attempt { open(there, O_RDONLY) }),
            ("allocate 16 MB", attempt { map(16) }),
            ("allocate 128 MB", attempt { map(128) }),
            ("thread", .integer(Int(thread()))),
            ("socket", attempt { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }),
            ("unix socket", attempt { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }),
            ("socketpair", attempt { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) }),
            ("process", .integer(Int(spawn()))),
            ("execute", attempt { execute() }),
            ("write", attempt { open(there, O_WRONLY) }), ("update", attempt { open(there, O_RDWR) }),
            ("truncate", attempt { open(there, O_RDONLY | O_TRUNC) }),
            ("create", attempt { open("\(folder)/new", O_WRONLY | O_CREAT, 0o600) }),
            ("creat", attempt { creat("\(folder)/new", 0o600) }),
            ("shorten", attempt { truncate(there, 0) }), ("unlink", attempt { unlink(there) }),
            ("rename", attempt { rename(there, "\(folder)/moved") }),
            ("link", attempt { link(there, "\(folder)/linked") }),
            ("symlink", attempt { symlink(there, "\(folder)/linked") }),
            ("mkdir", attempt { mkdir("\(folder)/directory", 0o700) }), ("chmod", attempt { chmod(there, 0o777) }),
            ("signal", attempt { kill(getppid(), 0) }),
            ("signal to a thread", attempt { signalThread(getppid()) }),
            ("queued signal", attempt { sigqueue(getppid(), 0, sigval()) }),
            ("limits", attempt { readLimits(getppid()) }),
            ("own signal", .integer(Int(pthread_kill(pthread_self(), 0)))),
            ("own limits", attempt { readLimits(getpid()) }),
        ]
    }

    private func attempt(_ call: () -> Int32) -> JSONValue {
        errno = 0
        return .integer(call() >= 0 ? 0 : Int(errno))
    }

    private func map(_ megabytes: Int) -> Int32 {
        let memory = mmap(
            nil, megabytes * Self.megabyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return memory == MAP_FAILED ? -1 : munmap(memory, megabytes * Self.megabyte)
    }

    private func thread() -> Int32 {
        var thread = pthread_t()
        let failed = pthread_create(&thread, nil, { _ in nil }, nil)
        return failed == 0 ? pthread_join(thread, nil) : failed
    }

    // Glibc's module leaves out what is not in POSIX.

    private func signalThread(_ process: pid_t) -> Int32 {
        typealias Call = @convention(c) (pid_t, pid_t, Int32) -> Int32
        guard let symbol = dlsym(nil, "tgkill") else { return 0 }
        return unsafeBitCast(symbol, to: Call.self)(process, process, 0)
    }

    private func readLimits(_ process: pid_t) -> Int32 {
        typealias Call = @convention(c) (pid_t, Int32, UnsafeRawPointer?, UnsafeMutablePointer<rlimit>) -> Int32
        guard let symbol = dlsym(nil, "prlimit") else { return 0 }
        var limits = rlimit()
        // 7 is RLIMIT_NOFILE.
        return unsafeBitCast(symbol, to: Call.self)(process, 7, nil, &limits)
    }

    private func spawn() -> Int32 {
        var process: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(words[0]) }
        return posix_spawn(&process, "/bin/true", nil, nil, &words, nil)
    }

    private func execute() -> Int32 {
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(words[0]) }
        return execv("/bin/true", &words)
    }

    /// Writes two megabytes to standard output, which is a file.
    private func fill() -> Bool {
        let block = [UInt8](repeating: 0, count: Self.megabyte)
        return (0..<2).allSatisfy { _ in write(STDOUT_FILENO, block, block.count) == block.count }
    }

    private func report(_ members: [(String, JSONValue)]) {
        let line = JSONValue.object(members).encoded()
        _ = write(STDERR_FILENO, line, line.count)
    }
}
