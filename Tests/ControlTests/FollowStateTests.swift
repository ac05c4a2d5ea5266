import Release
import Tensors
import Testing

@testable import Control

@Suite struct FollowStateTests {
    private typealias Wanted = FollowState.Wanted
    private typealias View = FollowState.View

    private static func wanted(_ number: Int) -> Wanted {
        Wanted(version: "digits:\(number)", digest: "sha256:\(number)")
    }

    @Test func oneIsOnItsWayAndTheNewestThatWaitsWins() throws {
        var state = FollowState(source: "digits@staging")
        #expect(state.offer(Self.wanted(2), stable: "sha256:1").isEmpty)
        #expect(state.look(View(stable: "sha256:1")).step == .submit(Self.wanted(2)))
        #expect(state.submitted(Self.wanted(2), revision: 5, isRollout: true) == .started("digits:2", revision: 5))
        #expect(state.offer(Self.wanted(3), stable: "sha256:1").isEmpty)
        #expect(state.offer(Self.wanted(4), stable: "sha256:1").map(\.kind) == ["follow.skipped"])
        let underWay = View(stable: "sha256:1", progress: .rolling("running"), rolling: "sha256:2", rolledBy: 5)
        #expect(state.look(underWay) == (.none, []))
        let (step, notices) = state.look(View(stable: "sha256:2", progress: .promoted))
        #expect(step == .submit(Self.wanted(4)) && notices == [.ended("digits:2", .promoted)])
    }

    @Test(arguments: [ReleaseProgress.rolledBack(because: "errors"), .failed(because: "no memory")])
    func whatWasNoGoodIsNotTriedAgain(_ progress: ReleaseProgress) {
        var state = FollowState(source: "digits@staging")
        _ = state.offer(Self.wanted(2), stable: "sha256:1")
        _ = state.submitted(Self.wanted(2), revision: 5, isRollout: true)
        _ = state.look(View(stable: "sha256:1", progress: progress))
        #expect(state.offer(Self.wanted(2), stable: "sha256:1").map(\.kind) == ["follow.refused"])
        #expect(state.waiting == nil && state.look(View(stable: "sha256:1")) == (.none, []))
        // Also where something else is followed from now on.
        var other = state.following("models/digits")
        #expect(other.offer(Self.wanted(2), stable: "sha256:1").map(\.kind) == ["follow.refused"])
    }

    @Test func whatOthersDoIsWaitedForOrTakenOver() {
        var state = FollowState(source: "digits@staging")
        _ = state.offer(Self.wanted(3), stable: "sha256:1")
        let others = View(stable: "sha256:1", rolling: "sha256:2", rolledBy: 7)
        #expect(state.look(others).step == .wait("a rollout is under way"))
        #expect(
            state.look(View(stable: "sha256:1", isPending: true)).step == .wait("a revision is not carried out yet"))
        let own = View(stable: "sha256:1", rolling: "sha256:3", rolledBy: 9)
        #expect(state.look(own).notices == [.started("digits:3", revision: 9)])
        #expect(state.running == .init(wanted: Self.wanted(3), revision: 9, isRollout: true))
    }

    @Test func whatIsServedIsNotDeployedAgain() {
        var state = FollowState(source: "digits@staging")
        #expect(state.offer(Self.wanted(1), stable: "sha256:1") == [.served("digits:1")])
        // Moved on and back while the rollout of the one ahead is under way: it has to come back.
        _ = state.offer(Self.wanted(2), stable: "sha256:1")
        _ = state.submitted(Self.wanted(2), revision: 5, isRollout: true)
        _ = state.offer(Self.wanted(1), stable: "sha256:1")
        #expect(state.look(View(stable: "sha256:2", progress: .promoted)).step == .submit(Self.wanted(1)))
    }

    @Test func stateIsReadBackAsItWasWritten() throws {
        var state = FollowState(source: "models/digits")
        state.seen = "sha256:2"
        state.taken = ["3": "1-2-3", "model.onnx": "4-5-6"]
        _ = state.offer(Self.wanted(2), stable: nil)
        _ = state.submitted(Self.wanted(2), revision: 5, isRollout: true)
        _ = state.offer(Self.wanted(3), stable: nil)
        _ = state.refuse(Self.wanted(9), because: "accuracy is 0.5")
        #expect(FollowState(json: state.json) == state)
        #expect(FollowState(json: ["seen": "x"]) == nil)
    }

    @Test func refusalsDoNotGrowForEver() {
        var state = FollowState(source: "x")
        for number in 0..<(2 * FollowState.mostRefusals) { _ = state.refuse(Self.wanted(number), because: "") }
        #expect(state.refused.count == FollowState.mostRefusals)
        #expect(state.refused.last?.digest == Self.wanted(2 * FollowState.mostRefusals - 1).digest)
    }
}
