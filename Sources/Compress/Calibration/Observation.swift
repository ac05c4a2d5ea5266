import Dispatch
import Engines
package import ModelGraph
import Optimize
import Synchronization
import Tensors

/// Runs a model over calibration data and looks at tensors inside of it.
package struct Observation {
    private let context: RecipeContext

    /// The most rows that are run at a time, and the bytes of observed values that they should stay below: engines take memory
    /// in blocks that double.
    private static let mostRows = 16
    private static let rowBytes = 48 << 20
    /// What a tensor of unknown size is taken for, in bytes a row.
    private static let unknownBytes = 1 << 20

    package init(_ context: RecipeContext) {
        self.context = context
    }

    /// What was seen of each tensor, over all data, in memory that does not depend on how much data there are.
    ///
    /// Tensors become outputs of a copy of the model. Those that do not fit under the limit together are looked at in
    /// groups, each with a run over the data of its own.
    ///
    /// - Parameters:
    ///   - names: values of the model: inputs, or what nodes make.
    ///   - summing: those of which channel means are wanted.
    ///   - counting: whether it matters how often numbers lie where.
    /// - Throws: what the engine says; `RuleFault` for data that do not fit, or none at all.
    package func statistics(
        _ model: Model, of names: [String], summing: Set<String> = [], counting: Bool = true
    ) throws -> [String: TensorStatistics] {
        var found: [String: TensorStatistics] = [:]
        let plan = plan(model, names)
        for (number, group) in plan.groups.enumerated() {
            let part = plan.groups.count > 1 ? ", part \(number + 1) of \(plan.groups.count)" : ""
            let step = "observing \(names.count) tensors\(part)"
            let wanted = group.map { TensorStatistics.Wanted(counts: counting, sums: summing.contains($0)) }
            for (name, seen) in zip(group, try look(model, group, plan, wanted, step)) { found[name] = seen }
        }
        return found
    }

    /// How many rows at a time, how many of such batches side by side, and which tensors together.
    struct Plan {
        var rows: Int
        var lanes: Int
        var groups: [[String]]
    }

    func plan(_ model: Model, _ names: [String]) -> Plan {
        let types = model.inferred(InferenceOptions(batch: 1))
        let sizes = names.map { name -> Int in
            let dimensions = types[name]?.tensor?.dimensions?.map(\.size) ?? [nil]
            let count = dimensions.reduce(4) { product, size in
                let (next, overflow) = product.multipliedReportingOverflow(by: max(size ?? 16, 1))
                return overflow ? Int.max >> 8 : next
            }
            return dimensions.contains(nil) ? max(count, Self.unknownBytes) : min(count, Int.max >> 8)
        }
        let whole = sizes.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        let limit = context.settings.observedBytes
        guard whole > limit else {
            let rows = max(1, min(Self.mostRows, Self.rowBytes / max(whole, 1)))
            // Beside what is observed, the engine keeps about as much for each of the runs.
            let lanes = max(1, min(context.settings.threads, limit / max(2 * whole * rows, 1)))
            return Plan(rows: rows, lanes: lanes, groups: [names])
        }
        var groups: [[String]] = []
        var filled = 0
        for (name, size) in zip(names, sizes) {
            if groups.isEmpty || filled + size > limit {
                groups.append([])
                filled = 0
            }
            groups[groups.count - 1].append(name)
            filled += size
        }
        return Plan(rows: 1, lanes: 1, groups: groups)
    }

    private func look(
        _ model: Model, _ names: [String], _ plan: Plan, _ wanted: [TensorStatistics.Wanted], _ step: String
    ) throws -> [TensorStatistics] {
        let inputs = Set(model.graph.inputs.map(\.name))
        let exposing = Self.exposing(names.filter { !inputs.contains($0) }, of: model)
        let session = try context.runner.session(
            exposing, optimized: true, threads: max(1, context.settings.threads / plan.lanes))
        let window = ObservedRun(session, exposing, names)
        try context.reference?.take(from: window, of: model, rows: plan.rows, lanes: plan.lanes)
        let board = StatisticsBoard(wanted)
        var waiting: [[Tensor]] = []
        var done = 0
        func look() throws {
            board.add(try window.values(waiting), threads: context.settings.threads)
            done += waiting.reduce(0) { $0 + ($1.first?.rowCount ?? 1) }
            waiting = []
            context.progress(RecipeStep(step, done: done, of: context.calibration.rows))
        }
        try context.calibration.forEachBatch(of: plan.rows, for: session.signature) { batch in
            waiting.append(batch)
            if waiting.count == plan.lanes { try look() }
        }
        if !waiting.isEmpty { try look() }
        guard done > 0 else { throw RuleFault("\(context.calibration.words): nothing to calibrate with") }
        return board.all
    }

    /// A copy of the model with further outputs.
    static func exposing(_ names: [String], of model: Model) -> Model {
        var model = model
        let outputs = Set(model.graph.outputs.map(\.name))
        let types = model.inferred()
        for name in names where !outputs.contains(name) {
            let type = types[name] ?? .tensor(.float32, nil)
            model.graph.outputs.append(ValueInfo(name, type))
        }
        return model
    }
}

/// Statistics that several threads add to, each to some tensors.
private final class StatisticsBoard: Sendable {
    private let slots: [Slot]
    private let wanted: [TensorStatistics.Wanted]

    /// A lock of its own for each tensor; nobody waits, because tensors are dealt out one by one.
    final class Slot: Sendable {
        let value = Mutex(TensorStatistics())
    }

    init(_ wanted: [TensorStatistics.Wanted]) {
        self.wanted = wanted
        slots = wanted.map { _ in Slot() }
    }

    var all: [TensorStatistics] { slots.map { $0.value.withLock { $0 } } }

    /// Adds the tensors of several runs. Those of one value are added in the order of the runs, however many threads there are:
    /// equal data give equal statistics.
    func add(_ runs: [[Tensor?]], threads: Int) {
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, slots.count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < slots.count else { return }
                slots[index].value.withLock { seen in
                    for run in runs { if let tensor = run[index] { seen.add(tensor, wanted[index]) } }
                }
            }
        }
    }
}
