import Dispatch
import Engines
import ModelGraph
import Optimize
import Synchronization
import Tensors

/// Runs a model for what some of its values are, several batches side by side, into memory that is used again.
final class ObservedRun {
    private let session: any Session
    private let model: Model
    /// For each value, where it is among the inputs or the outputs.
    private let places: [Place?]
    /// Outputs of the runs before, for the rows that they had, one set for each lane.
    private var memory: [(rows: Int, slots: [OutputSlot])] = []
    /// Whether sizes that were worked out turned out to be right so far.
    private var isForeseen = true

    private enum Place {
        case input(Int)
        case output(Int)
    }

    /// - Parameters:
    ///   - session: of `model`, whose outputs the values are, where they are no inputs.
    init(_ session: any Session, _ model: Model, _ values: [String]) {
        self.session = session
        self.model = model
        func places(_ specs: [TensorSpec]) -> [String: Int] {
            Dictionary(specs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (inputs, outputs) = (places(session.signature.inputs), places(session.signature.outputs))
        self.places = values.map { name in
            inputs[name].map(Place.input) ?? outputs[name].map(Place.output)
        }
    }

    /// The values on each of the batches, `nil` where there is none. Valid until the next call: the memory is used again.
    ///
    /// - Throws: what the engine says.
    func values(_ batches: [[Tensor]]) throws -> [[Tensor?]] {
        zip(batches, try outputs(batches)).map { batch, outputs in
            places.map { place in
                switch place {
                case .input(let place)?: batch[place]
                case .output(let place)?: outputs[place]
                case nil: nil
                }
            }
        }
    }

    /// All that the session makes of each of the batches. Valid until the next call.
    ///
    /// - Throws: what the engine says.
    func outputs(_ batches: [[Tensor]]) throws -> [[Tensor?]] {
        let made: [[OutputSlot]]
        do {
            made = try run(batches)
        } catch  where isForeseen {
            // The engine makes other sizes than were worked out; it knows better.
            isForeseen = false
            memory = []
            made = try run(batches)
        }
        return made.map { slots in slots.map { if case .tensor(let tensor) = $0 { tensor } else { nil } } }
    }

    private func run(_ batches: [[Tensor]]) throws -> [[OutputSlot]] {
        let lanes = batches.enumerated().map { lane, batch in Lane(batch, slots(lane, rows: batch.first?.rowCount ?? 1))
        }
        let session = session
        DispatchQueue.concurrentPerform(iterations: lanes.count) { lanes[$0].run(session) }
        return try lanes.map { try $0.result() }
    }

    /// Memory for the outputs of a lane.
    private func slots(_ lane: Int, rows: Int) -> [OutputSlot] {
        if memory.indices.contains(lane), memory[lane].rows == rows { return memory[lane].slots }
        let made = foreseen(rows: rows)
        if memory.count == lane {
            memory.append((rows, made))
        } else if memory.count > lane {
            memory[lane] = (rows, made)
        }
        return made
    }

    /// Tensors of the sizes that inference works out; the engine allocates the others.
    private func foreseen(rows: Int) -> [OutputSlot] {
        let outputs = session.signature.outputs
        guard isForeseen else { return outputs.map { _ in .allocate } }
        let types = model.inferred(InferenceOptions(batch: rows))
        return outputs.map { spec in
            guard spec.elementType == .float32, let sizes = types[spec.name]?.tensor?.dimensions?.map(\.size),
                case let known = sizes.compactMap(\.self), known.count == sizes.count,
                let shape = try? Shape(known), shape.elementCount > 0,
                let bytes = try? shape.byteCount(of: .float32),
                let tensor = try? Tensor(.float32, shape, buffer: TensorBuffer(capacity: bytes))
            else { return .allocate }
            return .tensor(tensor)
        }
    }

    /// One of the runs that go on side by side.
    private final class Lane: Sendable {
        private let inputs: [Tensor]
        private let state: Mutex<(slots: [OutputSlot], failure: (any Error)?)>

        init(_ inputs: [Tensor], _ slots: [OutputSlot]) {
            self.inputs = inputs
            state = Mutex((slots, nil))
        }

        func run(_ session: any Session) {
            state.withLock { state in
                do {
                    try session.run(inputs: inputs, outputs: &state.slots)
                } catch {
                    state.failure = error
                }
            }
        }

        func result() throws -> [OutputSlot] {
            try state.withLock { state in
                if let failure = state.failure { throw failure }
                return state.slots
            }
        }
    }
}
