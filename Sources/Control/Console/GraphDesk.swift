import Registry
import Tensors
import Trust
import Workshop

/// Reads graphs for the console in the limited child, one at a time, and remembers the last ones: a version's graph never
/// changes.
actor GraphDesk {
    private struct Question: Hashable {
        var digest: String
        var range: Range<Int>
        var find: String
    }

    private var known: [Question: GraphOutline] = [:]
    private var order: [Question] = []
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Stretches that are remembered, and people who may wait: each costs a process.
    private static let (mostKnown, mostWaiting) = (24, 8)

    /// A stretch of a version's graph.
    ///
    /// - Throws: `WorkshopError` when it cannot be read, `RegistryError` for a version without a graph; `ControlError` when
    ///   too many wait.
    func outline(
        of record: VersionRecord, in registry: ModelRegistry, range: Range<Int>, find: String
    ) async throws -> GraphOutline {
        let question = Question(digest: record.digest.description, range: range, find: find)
        if let answer = known[question] { return answer }
        try await enter()
        defer { leave() }
        if let answer = known[question] { return answer }
        let path = try registry.modelFilePath(record.digest)
        let answer = try await ChildRunner(wallClock: .seconds(30)).outline(path: path, range: range, find: find)
        known[question] = answer
        order.append(question)
        if order.count > Self.mostKnown { known[order.removeFirst()] = nil }
        return answer
    }

    private func enter() async throws(ControlError) {
        guard isBusy else {
            isBusy = true
            return
        }
        guard waiting.count < Self.mostWaiting else {
            throw ControlError(.refused, "too many graphs are being read at the moment", help: "try again in a minute")
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Lets the next one in, or leaves the door open.
    private func leave() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }
}
