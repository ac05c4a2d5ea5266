import ArgumentParser
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM for work that clears up after itself: noticed where the work asks, between two pieces.
enum Interruption {
    private static let isAsked = Atomic(false)

    /// From now on the signals end the process no longer by themselves; a second one does.
    static func watch() {
        // Made before a handler could be the first to touch it.
        isAsked.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                Interruption.isAsked.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    /// - Throws: `ExitCode` 130 when one was asked to stop.
    static func check() throws {
        guard isAsked.load(ordering: .relaxed) else { return }
        Terminal.progress("")
        Terminal.say("stopped: nothing of it is left")
        throw ExitCode(130)
    }
}
