import Client
import Dispatch
import Glibc
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Faults F29 and F43: the clock of the machine jumps by hours and years, in both directions, under a server that serves, and
    /// a day goes by in which nothing can be changed.
    @Suite
    struct ClockFaultTests {
        /// Takes the place of the calendar's clock in a process: the seconds in the file that `FALSE_CLOCK` names are
        /// added. Monotonic clocks stay what they are, as they do when a machine's clock is set.
        private static let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <fcntl.h>
            #include <stdint.h>
            #include <stdlib.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <time.h>
            #include <unistd.h>
            static volatile int64_t *offset;
            __attribute__((constructor)) static void begin(void) {
                int file = open(getenv("FALSE_CLOCK"), O_RDONLY | O_CLOEXEC);
                void *page = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
                if (file >= 0) close(file);
                if (page != MAP_FAILED) offset = page;
            }
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int result = syscall(SYS_clock_gettime, clock, time);
                if (!result && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += *offset;
                return result;
            }
            int gettimeofday(struct timeval *restrict time, void *restrict zone) {
                struct timespec now;
                int result = clock_gettime(CLOCK_REALTIME, &now);
                time->tv_sec = now.tv_sec;
                time->tv_usec = now.tv_nsec / 1000;
                return result;
            }
            time_t time(time_t *place) {
                struct timespec now;
                clock_gettime(CLOCK_REALTIME, &now);
                if (place) *place = now.tv_sec;
                return now.tv_sec;
            }
            """

        private static let hour = 3600
        private static let year = 365 * 24 * 3600

        /// A home with two versions, the first in service, and programs whose clock a file sets.
        private static func slipway(_ folder: TemporaryDirectory) async throws -> Slipway {
            try TextFile.write(source, to: folder.file("clock.c"))
            let made = try await Slipway.command(
                "cc", ["-O1", "-shared", "-fPIC", "-o", folder.file("clock.so"), folder.file("clock.c"), "-ldl"])
            try #require(made.exitCode == 0, "\(made)")
            try set(0, folder)
            return try await Slipway.withDigits(
                "cnn",
                environment: ["LD_PRELOAD": folder.file("clock.so"), "FALSE_CLOCK": folder.file("offset")])
        }

        @Test
        func theClockMayJumpAndNobodyNoticesInTheirLatency() async throws {
            let folder = try TemporaryDirectory()
            let slipway = try await Self.slipway(folder)
            let ended = try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                var number = 1
                for jump in [Self.hour, -Self.hour, Self.year, -Self.year, 30 * Self.year, -1, 0] {
                    try Self.set(jump, folder)
                    // The shim works: what is stamped now has the false time.
                    number = 3 - number
                    try await slipway.expect("deploy", "digits:\(number)")
                    let newest = try #require(try await slipway.json("history", "digits").arrayValue?.first)
                    try Self.expectStamp(newest, jump)
                    let reply = try await InferenceClient(try server.dataPlane()).infer(DigitsExample().request(0))
                    #expect(reply.modelVersion == String(number), "\(jump) s")
                    try await Self.expectSoundMetrics(server, jump)
                    let status = try await slipway("status")
                    #expect(status.exitCode == 0 && !status.output.contains("-"), "\(jump) s: \(status)")
                    try await attacked.expectUnharmed("\(jump) s")
                }
                // The order of revisions is their number's, whatever the time said.
                let history = try await slipway.json("history", "digits").arrayValue ?? []
                #expect(history.map { $0["revision"]?.intValue ?? 0 } == (1...8).reversed())
                try await attacked.expectQuietAgain()
            }
            #expect(ended.exitCode == 0)
            #expect(!ended.talk.contains("was killed"), "\(ended.talk)")
            try await slipway.expect("fsck")
        }

        /// Somebody holds the database of a home, so that nobody else writes to it, until this is let go.
        private final class HeldHome: Sendable {
            private let (held, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))

            init(_ path: String) throws {
                let database = try HomeDatabase.open(HomeDirectory(path: path))
                DispatchQueue.global().async { [held, release] in
                    try? database.write { _ in
                        held.signal()
                        release.wait()
                    }
                    held.signal()
                }
                held.wait()
            }

            func end() {
                release.signal()
                held.wait()
            }
        }

        /// F43: for a day nobody can write to the home, and the server dies meanwhile.
        @Test
        func aDayWithoutAHomeToWriteToEndsNoRequestAndNoRestart() async throws {
            let folder = try TemporaryDirectory()
            let slipway = try await Self.slipway(folder)
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                let home = try HeldHome(slipway.home.path)
                try Self.set(24 * Self.hour, folder)
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "answers again") {
                    (try? await client.infer(digits.request(0)).modelVersion) == "1"
                }
                let status = try await slipway.run(["status"])
                #expect(status.exitCode == 0 && status.output.contains("digits:1 100%"), "\(status)")
                home.end()
                // The plane that changes things is back, too, without another start.
                try await slipway.expect("deploy", "digits:2")
                #expect(try await client.infer(digits.request(0)).modelVersion == "2")
            }
            #expect(ended.exitCode == 0)
            #expect(ended.talk.contains("the home takes no writes"), "\(ended.talk)")
            let events = try await slipway.expect("events", "--type", "endpoint").output.split(separator: "\n")
            #expect(
                events.filter { $0.contains("endpoint.deployed") }.count == 2, "a restart deploys nothing: \(events)")
        }

        /// Writes in place: the processes that have the file mapped see the change.
        private static func set(_ seconds: Int, _ folder: TemporaryDirectory) throws {
            let file = open(folder.file("offset"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            var seconds = Int64(seconds)
            guard pwrite(file, &seconds, 8, 0) == 8 else { throw MissingTool("the false clock cannot be set") }
        }

        /// What was stamped a moment ago has the false time, to an hour.
        private static func expectStamp(_ entry: JSONValue, _ jump: Int) throws {
            var now = time(nil) + jump
            var parts = tm()
            gmtime_r(&now, &parts)
            let stamp = try #require(entry["createdAt"]?.stringValue)
            let year = String(1900 + Int(parts.tm_year))
            #expect(stamp.hasPrefix(year), "\(jump) s: \(stamp)")
        }

        /// Counts and sums of time never go down and never below nothing.
        private static func expectSoundMetrics(_ server: Slipway.Server, _ jump: Int) async throws {
            for plane in [try server.dataPlane(), try server.controlPlane()] {
                let text = try await plane.request("GET", "/metrics").text
                for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                    let value = line.split(separator: " ").last.flatMap { Double($0) } ?? 0
                    #expect(value >= 0, "\(jump) s: \(line)")
                }
                let seconds = Exposition(text).sum("slipway_request_duration_seconds_sum") ?? 0
                #expect(seconds < 600, "\(jump) s: \(seconds) s of latency")
            }
        }
    }
}
