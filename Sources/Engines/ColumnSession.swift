import Columns
package import Tensors

/// A session that takes the columns of a table where the graph takes numbers: an input for each column, in place of the
/// inputs that a version's declared processing names.
package final class ColumnSession: Session {
    /// One input of the graph.
    private enum Source {
        /// What clients send, by its place.
        case input(Int)
        /// Made of columns, by their places.
        case columns(ColumnPlan, [Int])
    }

    private let inner: any Session
    /// One for each input of the graph.
    private let sources: [Source]
    /// For each input that clients see: whether it is a column.
    private let isColumn: [Bool]
    /// The inner one's, with columns in place of what is made of them.
    package let signature: Signature

    package var engine: EngineKind { inner.engine }
    package var device: Device { inner.device }
    package var isPredictable: Bool { inner.isPredictable }

    /// The session as the version's clients see it: itself, where no columns are declared.
    ///
    /// - Parameter processing: as the version's package has it.
    /// - Throws: `EngineError.Code.unsupported` for columns that do not fit the graph.
    package static func wrapping(_ session: any Session, processing: JSONValue?) throws(EngineError) -> any Session {
        var plans = [ColumnPlan?](repeating: nil, count: session.signature.inputs.count)
        for step in processing?["pre"]?.arrayValue ?? [] {
            guard let columns = step["columns"], let name = step["input"]?.stringValue else { continue }
            guard let index = session.signature.inputs.firstIndex(where: { $0.name == name }) else {
                throw EngineError(
                    .unsupported, session.engine, "a columns step is for '\(name.prefix(80))', which is no input")
            }
            let spec = session.signature.inputs[index]
            do throws(ColumnError) {
                plans[index] = try ColumnPlan(
                    ColumnRecipe.list(json: columns), type: spec.elementType, dimensions: spec.dimensions)
            } catch {
                throw EngineError(.unsupported, session.engine, "input '\(name)': \(error.message)")
            }
        }
        guard plans.contains(where: { $0 != nil }) else { return session }
        return try ColumnSession(session, plans)
    }

    private init(_ inner: any Session, _ plans: [ColumnPlan?]) throws(EngineError) {
        self.inner = inner
        var inputs: [TensorSpec] = []
        var isColumn: [Bool] = []
        var sources: [Source] = []
        for (spec, plan) in zip(inner.signature.inputs, plans) {
            guard let plan else {
                sources.append(.input(inputs.count))
                inputs.append(spec)
                isColumn.append(false)
                continue
            }
            var places: [Int] = []
            for column in plan.columns {
                let made = TensorSpec(
                    name: column.name, elementType: column.type, dimensions: [spec.dimensions?.first ?? .unknown])
                if let place = inputs.indices.first(where: {
                    isColumn[$0] && inputs[$0].name == made.name && inputs[$0].elementType == made.elementType
                }) {
                    places.append(place)
                } else {
                    places.append(inputs.count)
                    inputs.append(made)
                    isColumn.append(true)
                }
            }
            sources.append(.columns(plan, places))
        }
        var names: Set<String> = []
        for input in inputs where !names.insert(input.name).inserted {
            throw EngineError(
                .unsupported, inner.engine,
                "'\(input.name.prefix(80))' is a column in two ways, or a column and an input; their names must differ")
        }
        self.sources = sources
        self.isColumn = isColumn
        signature = Signature(inputs: inputs, outputs: inner.signature.outputs)
    }

    package func isColumn(_ input: Int) -> Bool { isColumn.indices.contains(input) && isColumn[input] }

    package func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        guard inputs.count == signature.inputs.count else {
            throw EngineError(.invalidInput, engine, "expected \(signature.inputs.count) inputs, found \(inputs.count)")
        }
        var prepared: [Tensor] = []
        for source in sources {
            switch source {
            case .input(let place): prepared.append(inputs[place])
            case .columns(let plan, let places): prepared.append(try tensor(plan, places.map { inputs[$0] }))
            }
        }
        try inner.run(inputs: prepared, outputs: &outputs)
    }

    private func tensor(_ plan: ColumnPlan, _ columns: [Tensor]) throws(EngineError) -> Tensor {
        do {
            return try plan.tensor(of: columns)
        } catch let error as ColumnError {
            throw EngineError(.invalidInput, engine, error.message)
        } catch {
            throw EngineError(.invalidInput, engine, "\(error)")
        }
    }

    /// Cells that the declaration understands.
    package func samples(_ samples: SampleInputs, rows: Int) throws(TensorError) -> [Tensor] {
        var tensors = try samples.tensors(for: signature, rows: rows)
        for case .columns(let plan, let places) in sources {
            for (column, place) in places.enumerated() {
                guard let cells = try plan.sample(column, count: tensors[place].shape.elementCount, seed: samples.seed)
                else { continue }
                tensors[place] = cells
            }
        }
        return tensors
    }
}
