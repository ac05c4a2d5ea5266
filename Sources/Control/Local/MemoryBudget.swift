import Release
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

    private struct State {
        /// Expected of what is being loaded now.
        var pending = 0
        /// Loads under way, and how many began since the measuring one did.
        var underWay = 0
        var begun = 0
        /// The most that a load took, in bytes.
        var known: [Load: Int] = [:]
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
        _ what: String, _ load: Load, makeRoom: (_ missing: Int) -> Bool = { _ in false }, _ body: () throws -> Value
    ) throws -> (value: Value, bytes: Int?) {
        let (before, expected, begun) = try admit(what, load, makeRoom)
        defer {
            state.withLock { state in
                state.pending -= expected
                state.underWay -= 1
            }
        }
        let value = try body()
        let taken = max(0, resident() - before)
        let wasAlone = state.withLock { state in
            guard state.underWay == 1, state.begun == begun else { return false }
            state.known[load] = max(taken, state.known[load] ?? 0)
            return true
        }
        return (value, wasAlone ? taken : nil)
    }

    /// Something was unloaded: what is being measured now cannot be told from it.
    func disturb() { state.withLock { $0.begun += 1 } }

    /// Bytes that unloading a version is expected to give back.
    func reclaimable(_ load: Load) -> Int { max(state.withLock { $0.known[load] } ?? 0, load.modelBytes) }

    private enum Admission {
        case granted(expected: Int, begun: Int)
        case missing(bytes: Int, pending: Int, expected: Int)
    }

    /// Reserves what a load is expected to take.
    private func admit(
        _ what: String, _ load: Load, _ makeRoom: (Int) -> Bool
    ) throws(ReleaseError) -> (before: Int, expected: Int, begun: Int) {
        while true {
            let before = resident()
            switch reserve(load, resident: before) {
            case .granted(let expected, let begun): return (before, expected, begun)
            case .missing(let bytes, let pending, let expected):
                guard makeRoom(bytes) else {
                    throw refusal(what, expected: expected, resident: before, pending: pending)
                }
            }
        }
    }

    private func reserve(_ load: Load, resident: Int) -> Admission {
        state.withLock { state in
            let expected = state.known[load] ?? Self.estimate(load.modelBytes)
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
    /// Measured with ResNet-50 (102 MB): 325 MB at the peak with ONNX Runtime, 377 MB with OpenVINO.
    private static func estimate(_ modelBytes: Int) -> Int {
        let (product, overflow) = modelBytes.multipliedReportingOverflow(by: 7)
        return overflow ? .max / 2 : product / 2 + (8 << 20)
    }

    static func text(_ bytes: Int) -> String {
        bytes >= 10_000_000_000 ? "\(bytes / 1_000_000_000) GB" : "\((bytes + 500_000) / 1_000_000) MB"
    }
}
