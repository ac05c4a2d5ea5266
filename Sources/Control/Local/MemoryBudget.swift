import Release
import Serve
import Synchronization

/// Keeps versions from being loaded that would push the process over its memory: they are refused with numbers before
/// they are read, and what runs goes on.
///
/// What a version takes is estimated from its bytes the first time and known from then on. Safe from any thread.
package final class MemoryBudget: Sendable {
    /// What a version is, as far as memory goes.
    struct Load: Hashable, Sendable {
        /// The manifest's digest.
        var digest: String
        var engine: EngineChoice
        /// Of the graph and its weights.
        var modelBytes: Int
    }

    /// What a load maps into memory instead of reading it: next to nothing of it is resident when the load ends, all of it
    /// when the version has run.
    struct Mapping {
        var bytes = 0
        /// Bytes of the model that are not read because of it.
        var sparedBytes = 0
        /// Bytes of it that are mapped now and not resident yet: an engine that rearranges weights does not keep the
        /// originals.
        var absent: () -> Int = { 0 }
    }

    /// What a measurement holds for. The first load of a version, which prepares its graph, has the weights twice; those
    /// after it, which map what was prepared, must not be taken for as large.
    private struct Measured: Hashable {
        var load: Load
        var mappedBytes: Int

        init(_ load: Load, _ mapping: Mapping) {
            self.load = load
            mappedBytes = mapping.bytes
        }
    }

    private struct State {
        /// Expected of what is being loaded now.
        var pending = 0
        /// Loads under way, and how many began since the measuring one did.
        var underWay = 0
        var begun = 0
        /// The most that a load took, in bytes.
        var known: [Measured: Int] = [:]
        /// When the process was last looked at, what it had, and what was let in since: that may not be resident yet.
        var glance: (at: UInt64, resident: Int, admitted: Int) = (0, 0, 0)
    }

    /// Bytes that the process may have resident; `nil` for no limit.
    package let limit: Int?
    private let resident: @Sendable () -> Int
    private let state = Mutex(State())

    /// - Parameter resident: bytes that the process has now.
    package init(limit: Int?, resident: @escaping @Sendable () -> Int = ProcessMemory.residentBytes) {
        self.limit = limit
        self.resident = resident
    }

    /// Makes room for a load, and measures it.
    ///
    /// - Parameter makeRoom: called with the bytes that are missing, as often as they are; returns whether it is worth
    ///   looking again.
    /// - Returns: what `body` returns, and the bytes that were resident more after it than before; `nil` when something
    ///   else was loaded meanwhile.
    /// - Throws: `ReleaseError.Code.failed` when it would not fit; what `body` throws.
    func load<Value>(
        _ what: String, _ load: Load, _ mapping: Mapping = Mapping(),
        makeRoom: (_ missing: Int) -> Bool = { _ in false }, _ body: () throws -> Value
    ) throws -> (value: Value, bytes: Int?) {
        let (before, expected, begun) = try admit(what, load, mapping, makeRoom)
        defer {
            state.withLock { state in
                state.pending -= expected
                state.underWay -= 1
            }
        }
        let value = try body()
        let taken = max(0, resident() - before) + mapping.absent()
        let wasAlone = state.withLock { state in
            guard state.underWay == 1, state.begun == begun else { return false }
            let key = Measured(load, mapping)
            state.known[key] = max(taken, state.known[key] ?? 0)
            return true
        }
        return (value, wasAlone ? taken : nil)
    }

    /// Something was unloaded: what is being measured now cannot be told from it.
    func disturb() { state.withLock { $0.begun += 1 } }

    /// Whether so many bytes more would stay within the limit, for what requests leave behind. Cheap enough to be asked
    /// on an event loop: the process is looked at ten times a second at most.
    package func admits(_ bytes: Int, at now: UInt64 = MonotonicClock.now()) -> Bool {
        guard let limit else { return true }
        return state.withLock { state in
            if now &- state.glance.at >= Self.glanceAge || state.glance.at == 0 {
                state.glance = (at: max(1, now), resident: resident(), admitted: 0)
            }
            let others = state.pending.addingReportingOverflow(state.glance.resident).partialValue
            let (sum, overflow) = others.addingReportingOverflow(state.glance.admitted)
            let (whole, tooMany) = sum.addingReportingOverflow(max(0, bytes))
            guard !overflow, !tooMany, whole <= limit else { return false }
            state.glance.admitted += max(0, bytes)
            return true
        }
    }

    private static let glanceAge: UInt64 = 100_000_000

    /// Bytes that unloading a version is expected to give back.
    func reclaimable(_ load: Load, _ mapping: Mapping = Mapping()) -> Int {
        max(state.withLock { $0.known[Measured(load, mapping)] } ?? 0, load.modelBytes)
    }

    private enum Admission {
        case granted(expected: Int, begun: Int)
        case missing(bytes: Int, pending: Int, expected: Int)
    }

    /// Reserves what a load is expected to take.
    private func admit(
        _ what: String, _ load: Load, _ mapping: Mapping, _ makeRoom: (Int) -> Bool
    ) throws(ReleaseError) -> (before: Int, expected: Int, begun: Int) {
        while true {
            let before = resident()
            switch reserve(load, mapping, resident: before) {
            case .granted(let expected, let begun): return (before, expected, begun)
            case .missing(let bytes, let pending, let expected):
                guard makeRoom(bytes) else {
                    throw refusal(what, expected: expected, resident: before, pending: pending)
                }
            }
        }
    }

    private func reserve(_ load: Load, _ mapping: Mapping, resident: Int) -> Admission {
        state.withLock { state in
            let expected = state.known[Measured(load, mapping)] ?? Self.estimate(load.modelBytes, mapping)
            let sum = resident.addingReportingOverflow(state.pending).partialValue
                .addingReportingOverflow(expected)
            if let limit, sum.overflow || sum.partialValue > limit {
                return .missing(
                    bytes: sum.overflow ? .max : sum.partialValue - limit, pending: state.pending, expected: expected)
            }
            state.pending += expected
            state.underWay += 1
            state.begun += 1
            return .granted(expected: expected, begun: state.begun)
        }
    }

    /// What every refusal says, and nothing else does.
    private static let refusalWords = " and may have "

    /// Whether a load failed for want of memory, by the reason that is recorded for it.
    static func isRefusal(_ reason: String) -> Bool { reason.contains(refusalWords) }

    private func refusal(_ what: String, expected: Int, resident: Int, pending: Int) -> ReleaseError {
        ReleaseError(
            .failed,
            "\(what) needs about \(Self.text(expected)); the server has \(Self.text(resident))"
                + (pending > 0 ? ", loads \(Self.text(pending)) more," : "")
                + "\(Self.refusalWords)\(limit.map(Self.text) ?? "all there is")",
            help: "undeploy what is not needed, or raise 'serve --memory'")
    }

    /// What loading takes at its peak, three and a half times the model's bytes and some for the session.
    ///
    /// Measured with ResNet-50 (102 MB): 325 MB at the peak with ONNX Runtime, 377 MB with OpenVINO. Weights that are mapped
    /// take what they have, and a quarter for what an engine may still rearrange.
    private static func estimate(_ modelBytes: Int, _ mapping: Mapping) -> Int {
        let read = max(0, modelBytes - mapping.sparedBytes)
        let (product, overflow) = read.multipliedReportingOverflow(by: 7)
        let mapped = mapping.bytes.addingReportingOverflow(mapping.bytes / 4)
        guard !overflow, !mapped.overflow else { return .max / 2 }
        return product / 2 + (8 << 20) + min(mapped.partialValue, .max / 4)
    }

    static func text(_ bytes: Int) -> String {
        bytes >= 10_000_000_000 ? "\(bytes / 1_000_000_000) GB" : "\((bytes + 500_000) / 1_000_000) MB"
    }
}
