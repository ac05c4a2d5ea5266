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
    /// - Throws: what the engine says; `RuleFault` for data that do not fit, or none at all.
    package func statistics(
        _ model: Model, of names: [String], summing: Set<String> = []
    ) throws -> [String: TensorStatistics] {
        var found: [String: TensorStatistics] = [:]
        let plan = plan(model, names)
        for (number, group) in plan.groups.enumerated() {
            let part = plan.groups.count > 1 ? ", part \(number + 1) of \(plan.groups.count)" : ""
            let step = "observing \(names.count) tensors\(part)"
            for (name, seen) in zip(group, try look(model, group, rows: plan.rows, summing, step)) {
                found[name] = seen
            }
        }
        return found
    }

    /// How many rows at a time, and which tensors together.
    func plan(_ model: Model, _ names: [String]) -> (rows: Int, groups: [[String]]) {
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
        guard whole > limit else { return (max(1, min(Self.mostRows, Self.rowBytes / max(whole, 1))), [names]) }
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
        return (1, groups)
    }

    private func look(
        _ model: Model, _ names: [String], rows: Int, _ summing: Set<String>, _ step: String
    ) throws -> [TensorStatistics] {
        let inputs = Set(model.graph.inputs.map(\.name))
        let made = names.filter { !inputs.contains($0) }
        let session = try context.runner.session(
            Self.exposing(made, of: model), optimized: true, threads: context.settings.threads)
        let signature = session.signature
        let places = Dictionary(
            signature.outputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let inputPlaces = Dictionary(
            signature.inputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let wanted = Set(made.compactMap { places[$0] })
        let board = StatisticsBoard(count: names.count)
        var done = 0
        try context.calibration.forEachBatch(of: rows, for: signature) { batch in
            var slots = signature.outputs.indices.map { wanted.contains($0) ? OutputSlot.allocate : .skip }
            if wanted.isEmpty { slots = slots.map { _ in .skip } }
            try session.run(inputs: batch, outputs: &slots)
            let tensors = names.map { name -> Tensor? in
                if let place = inputPlaces[name] { return batch[place] }
                guard let place = places[name], case .tensor(let tensor) = slots[place] else { return nil }
                return tensor
            }
            board.add(tensors, summing: names.map(summing.contains), threads: context.settings.threads)
            done += batch.first?.rowCount ?? 1
            context.progress(RecipeStep(step, done: done, of: context.calibration.rows))
        }
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

    /// A lock of its own for each tensor; nobody waits, because each batch's tensors are dealt out one by one.
    final class Slot: Sendable {
        let value = Mutex(TensorStatistics())
    }

    init(count: Int) {
        slots = (0..<count).map { _ in Slot() }
    }

    var all: [TensorStatistics] { slots.map { $0.value.withLock { $0 } } }

    func add(_ tensors: [Tensor?], summing: [Bool], threads: Int) {
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, tensors.count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < tensors.count else { return }
                guard let tensor = tensors[index] else { continue }
                slots[index].value.withLock { $0.add(tensor, sumsChannels: summing[index]) }
            }
        }
    }
}
