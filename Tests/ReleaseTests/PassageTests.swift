import Release
import Testing

/// Follows every order in which events can arrive, and checks every action against what it may touch.
@Suite struct PassageTests {
    /// What a shell knows while it performs a passage.
    private struct World: Hashable {
        var passage: Passage
        let running: Set<ArmSession>
        let wanted: Set<ArmSession>
        var memory: Set<ArmSession>
        var marked: Set<ArmSession> = []
        var healthy: Set<ArmSession> = []
        var loads: Set<ArmSession> = []
        var warms: Set<ArmSession> = []
        var warm: Set<ArmSession> = []
        var drains: Set<ArmSession> = []
        var drained: Set<ArmSession> = []
        var isSwapPending = false
        var hasSwapped = false
        var isRushed = false
        var ends: [String] = []

        init(from running: [ArmSession], to spec: EndpointSpec) {
            passage = Passage(from: running, to: spec)
            self.running = Set(running)
            wanted = Set(spec.sessions)
            memory = Set(running)
            perform(.started)
        }

        mutating func perform(_ event: Passage.Event) {
            for action in passage.handle(event) { perform(action) }
        }

        private mutating func perform(_ action: Passage.Action) {
            switch action {
            case .markEntering(let session):
                #expect(!memory.contains(session) && loads.isEmpty)
                marked.insert(session)
            case .load(let session):
                #expect(marked.contains(session) && !memory.contains(session))
                loads.insert(session)
            case .warm(let session):
                #expect(memory.contains(session) && !running.contains(session))
                warms.insert(session)
            case .swap:
                #expect(!hasSwapped && !isSwapPending && ends.isEmpty)
                #expect(wanted.subtracting(running).isSubset(of: warm))
                #expect(wanted.isSubset(of: memory))
                isSwapPending = true
            case .drain(let session):
                #expect(hasSwapped && running.contains(session) && !wanted.contains(session))
                drains.insert(session)
            case .unload(let session):
                #expect(memory.contains(session))
                if running.contains(session) {
                    #expect(hasSwapped && !wanted.contains(session) && (drained.contains(session) || isRushed))
                } else {
                    #expect(!hasSwapped && !isSwapPending)
                }
                memory.remove(session)
                drains.remove(session)
            case .markHealthy(let session):
                #expect(hasSwapped && wanted.contains(session))
                healthy.insert(session)
            case .clearMark(let session):
                #expect(marked.contains(session) && !loads.contains(session) && !warms.contains(session))
                marked.remove(session)
            case .complete: ends.append("complete")
            case .abandon(let reason):
                #expect(!reason.isEmpty && !hasSwapped)
                ends.append("abandon")
            }
        }

        /// Everything that may happen next.
        var successors: [World] {
            var next: [World] = []
            func add(_ event: Passage.Event, _ prepare: (inout World) -> Void) {
                var world = self
                prepare(&world)
                world.perform(event)
                next.append(world)
            }
            for session in loads {
                add(.loaded(session)) {
                    $0.loads.remove(session); $0.memory.insert(session)
                }
                add(.failed(session, reason: "load")) { $0.loads.remove(session) }
            }
            for session in warms {
                add(.warmed(session)) {
                    $0.warms.remove(session); $0.warm.insert(session)
                }
                add(.failed(session, reason: "warm")) { $0.warms.remove(session) }
            }
            for session in drains {
                add(.drained(session)) {
                    $0.drains.remove(session); $0.drained.insert(session)
                }
            }
            if isSwapPending {
                add(.swapped) {
                    $0.isSwapPending = false; $0.hasSwapped = true
                }
            }
            add(.timedOut) { $0.isRushed = $0.isRushed || $0.hasSwapped }
            add(.superseded(by: 9)) { $0.isRushed = $0.isRushed || $0.hasSwapped }
            return next.filter { $0 != self }
        }

        func checkEnd() {
            #expect(passage.isOver)
            #expect(ends.count == 1)
            if ends == ["complete"] {
                #expect(memory == wanted)
                #expect(healthy == wanted.subtracting(running) && marked == healthy)
            } else {
                #expect(memory == running)
                #expect(!hasSwapped && healthy.isEmpty && marked.isEmpty)
            }
        }
    }

    private func sessions(_ numbers: [Int]) throws -> [ArmSession] {
        try numbers.flatMap { try settled($0).sessions }
    }

    private func spec(_ numbers: [Int]) throws -> EndpointSpec {
        guard let first = numbers.first else { return try EndpointSpec(arms: []) }
        return try EndpointSpec(arms: [arm(first)] + numbers.dropFirst().map { try arm($0, 1, .shadow) })
    }

    @Test(arguments: [
        ([], []), ([], [1]), ([1], []), ([1], [1]), ([1], [2]), ([1], [1, 2]), ([1, 2], [2]), ([1, 2], [1]),
        ([1, 2], [3]), ([1, 2], [2, 3]), ([], [1, 2, 3]), ([1, 2, 3], []), ([1, 2], [3, 4]), ([1], [2, 3, 4]),
    ]) func noOrderOfEventsDisturbsWhatRuns(running: [Int], wanted: [Int]) throws {
        var frontier = [World(from: try sessions(running), to: try spec(wanted))]
        var seen = Set(frontier)
        var ends = Set<[String]>()
        while let world = frontier.popLast() {
            let next = world.successors
            if next.isEmpty {
                world.checkEnd()
                ends.insert(world.ends)
            }
            for successor in next where seen.insert(successor).inserted { frontier.append(successor) }
        }
        let canFail = !Set(wanted).subtracting(running).isEmpty
        #expect(ends == (canFail ? [["complete"], ["abandon"]] : [["complete"]]))
    }

    @Test func anUpdateGoesThroughItsStagesInOrder() throws {
        let old = try sessions([1])[0]
        let new = try sessions([2])[0]
        var passage = Passage(from: [old], to: try settled(2))
        #expect(passage.handle(.started) == [.markEntering(new), .load(new)])
        #expect(passage.handle(.loaded(new)) == [.warm(new)])
        #expect(passage.handle(.warmed(new)) == [.swap])
        #expect(passage.handle(.swapped) == [.drain(old)])
        #expect(!passage.isOver)
        #expect(passage.handle(.drained(old)) == [.unload(old), .markHealthy(new), .complete])
        #expect(passage.isOver)
    }

    @Test func aVersionThatFailsLeavesTheOthersOfItsRevisionUnloaded() throws {
        let new = try sessions([2, 3])
        var passage = Passage(from: try sessions([1]), to: try spec([2, 3]))
        _ = passage.handle(.started)
        _ = passage.handle(.loaded(new[0]))
        #expect(
            passage.handle(.failed(new[1], reason: "unsupported operator")) == [
                .unload(new[0]), .clearMark(new[1]), .abandon(reason: "digits:3: unsupported operator"),
            ])
        #expect(passage.handle(.warmed(new[0])) == [.clearMark(new[0])])
    }

    @Test func aLoadThatReturnsAfterTheTimeOutIsUnloaded() throws {
        let new = try sessions([2])[0]
        var passage = Passage(from: [], to: try settled(2))
        _ = passage.handle(.started)
        #expect(passage.handle(.timedOut) == [.abandon(reason: "digits:2 took too long to load")])
        #expect(passage.handle(.loaded(new)) == [.unload(new), .clearMark(new)])
        #expect(passage.handle(.loaded(new)) == [])
    }

    @Test func changingWeightsLoadsNothing() throws {
        var passage = Passage(
            from: try split(1, canary: 2).sessions, to: try EndpointSpec(arms: [arm(1, 1), arm(2, 9_999, .canary)]))
        #expect(passage.handle(.started) == [.swap])
        #expect(passage.handle(.swapped) == [.complete])
    }

    @Test func anotherEngineLoadsTheVersionAgain() throws {
        let passage = Passage(
            from: try settled(1).sessions, to: try settled(1, engine: .named(NamedEngine(name: "openvino"))))
        #expect(passage.entering.count == 1)
        #expect(passage.leaving.count == 1)
    }

    @Test func eventsWithoutMeaningDoNothing() throws {
        let stranger = try sessions([9])[0]
        let events: [Passage.Event] = [
            .loaded(stranger), .warmed(stranger), .failed(stranger, reason: "x"), .swapped, .drained(stranger),
        ]
        var passage = Passage(from: [], to: try settled(1))
        for event in events + [.timedOut, .superseded(by: 2)] { #expect(passage.handle(event).isEmpty) }
        _ = passage.handle(.started)
        for event in events + [.started] { #expect(passage.handle(event).isEmpty) }
    }
}
