import Testing

@testable import Serve

@Suite struct FairQueues {
    private func drained(_ queue: FairQueue<String>) -> [String] {
        var queue = queue
        var all: [String] = []
        while let next = queue.popFirst() { all.append(next) }
        return all
    }

    @Test func clientsTakeTurns() {
        var queue = FairQueue<String>()
        for index in 1...4 { queue.append("a\(index)", client: 1, priority: 5) }
        queue.append("b1", client: 2, priority: 5)
        queue.append("c1", client: 3, priority: 5)
        #expect(queue.count == 6 && queue.first == "a1")
        #expect(drained(queue) == ["a1", "b1", "c1", "a2", "a3", "a4"])
    }

    @Test func urgentOnesComeFirst() {
        var queue = FairQueue<String>()
        queue.append("usual", client: 1, priority: 5)
        queue.append("later", client: 2, priority: 9)
        queue.append("urgent", client: 1, priority: 1)
        queue.append("usual too", client: 2, priority: 5)
        #expect(drained(queue) == ["urgent", "usual", "usual too", "later"])
    }

    @Test func whatIsTakenOutLeavesNoTurnBehind() {
        var queue = FairQueue<String>()
        for (name, client) in [("a", 1), ("b", 2), ("a2", 1)] as [(String, UInt64)] {
            queue.append(name, client: client, priority: 5)
        }
        #expect(queue.remove(client: 2, priority: 5) { $0 == "b" } == "b")
        #expect(queue.remove(client: 2, priority: 5) { $0 == "b" } == nil)
        #expect(queue.remove(client: 1, priority: 4) { $0 == "a" } == nil)
        #expect(queue.remove(client: 1, priority: 5) { $0 == "a" } == "a")
        queue.append("c", client: 2, priority: 5)
        #expect(queue.count == 2)
        #expect(drained(queue) == ["a2", "c"])
        #expect(queue.remove(client: 1, priority: 5) { _ in true } == "a2")
        #expect(queue.remove(client: 2, priority: 5) { _ in true } == "c")
        #expect(queue.isEmpty && queue.first == nil && queue.popFirst() == nil)
    }
}
