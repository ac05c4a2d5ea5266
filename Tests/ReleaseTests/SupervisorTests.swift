import Release
import Testing

@Suite struct SupervisorTests {
    @Test(arguments: [
        (ProcessEnd.code(0), Supervisor.Action.finish(.code(0))),
        (.code(1), .giveUp(reason: "the server ended with status 1 before it was ready")),
        (.code(64), .giveUp(reason: "the server ended with status 64 before it was ready")),
        (.signal(11), .start(afterSeconds: 0)),
    ]) func anEndBeforeTheFirstReadyIsFinalUnlessItIsACrash(status: ProcessEnd, action: Supervisor.Action) {
        var supervisor = Supervisor()
        #expect(supervisor.handle(.exited(status, afterSeconds: 0.1)) == action)
    }

    @Test func aRequestedStopIsFinalHoweverItEnds() {
        for status: ProcessEnd in [.code(0), .code(1), .code(143), .signal(9)] {
            var supervisor = Supervisor()
            #expect(supervisor.handle(.ready) == .none)
            #expect(supervisor.handle(.stopRequested) == .none)
            #expect(supervisor.handle(.exited(status, afterSeconds: 5)) == .finish(status))
        }
    }

    @Test func pausesGrowToALimitAndThenItGivesUp() {
        var supervisor = Supervisor()
        _ = supervisor.handle(.ready)
        for expected in [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30] {
            #expect(supervisor.handle(.exited(.signal(11), afterSeconds: 1)) == .start(afterSeconds: expected))
        }
        #expect(
            supervisor.handle(.exited(.signal(6), afterSeconds: 1))
                == .giveUp(reason: "the server ended 11 times in a row; the last time it was killed by signal 6"))
    }

    @Test func aLongLifeWipesTheSlate() {
        var supervisor = Supervisor()
        for _ in 0..<100 {
            for expected in [0, 0.5, 1] {
                _ = supervisor.handle(.ready)
                let seconds: Double = expected == 0 ? 60 : 59
                #expect(
                    supervisor.handle(.exited(.signal(11), afterSeconds: seconds)) == .start(afterSeconds: expected))
            }
        }
    }

    @Test func aLongLifeWithoutBeingReadyDoesNot() {
        var supervisor = Supervisor()
        #expect(supervisor.handle(.exited(.signal(9), afterSeconds: 600)) == .start(afterSeconds: 0))
        #expect(supervisor.handle(.exited(.signal(9), afterSeconds: 600)) == .start(afterSeconds: 0.5))
    }

    @Test func aFaultAfterHavingBeenReadyOnceIsTriedAgain() {
        var supervisor = Supervisor()
        _ = supervisor.handle(.ready)
        #expect(supervisor.handle(.exited(.code(1), afterSeconds: 2)) == .start(afterSeconds: 0))
        #expect(supervisor.handle(.exited(.code(1), afterSeconds: 0)) == .start(afterSeconds: 0.5))
    }

    @Test func oddPoliciesStayWithinTheirMaximum() {
        var policy = BackOff()
        policy.initialSeconds = 0
        policy.maximumSeconds = 3
        #expect(policy.pause(afterFailures: 1_000) == 0)
        policy.initialSeconds = 5
        #expect(policy.pause(afterFailures: 2) == 3)
        #expect(policy.pause(afterFailures: Int.min) == 0)
    }
}
