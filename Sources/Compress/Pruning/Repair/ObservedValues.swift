import Engines
import ModelGraph
import Optimize
import Tensors

/// What values inside of a model are, on calibration samples: the model is run with them as its outputs.
struct ObservedValues {
    private let session: any Session
    private let count: Int

    /// - Throws: the engine's words when it does not run the model with these as outputs.
    init(_ names: [String], of model: Model, _ runner: ModelRunner) throws {
        var observed = model
        let types = model.inferred()
        count = names.count
        observed.graph.outputs = []
        for (number, name) in names.enumerated() {
            // Engines disagree on outputs of the same name; each gets a node of its own.
            let copy = "slipway.observed.\(number)"
            observed.graph.nodes.append(Node("Identity", [name], [copy], name: copy))
            let type = types[name]?.tensor?.elementType ?? .float32
            observed.graph.outputs.append(ValueInfo(copy, type, nil))
        }
        // What is after the last of them need not run.
        var editor = GraphEditor(observed)
        editor.removeUnused()
        session = try runner.session(editor.model, optimized: true)
    }

    var signature: Signature { session.signature }

    /// The values on these inputs, in the order of their names.
    func values(on inputs: [Tensor]) throws -> [Tensor] {
        let all = try session.run(inputs)
        guard all.count == count else { throw RuleFault("the engine left out values") }
        return all
    }
}

/// Means and variances along an axis, of any number of tensors, in constant memory.
///
/// Source: T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance", 1983: sums around a first guess.
struct Moments {
    private var guesses: [Double] = []
    private var sums: [Double] = []
    private var squares: [Double] = []
    private var count = 0

    /// Adds all elements of a tensor of floats to the places that they have along an axis.
    mutating func add(_ tensor: Tensor, axis: Int) throws {
        let sizes = tensor.shape.dimensions
        let values = try tensor.floats()
        guard sizes.indices.contains(axis), !values.isEmpty else { return }
        let (size, inner) = (sizes[axis], sizes[(axis + 1)...].reduce(1, *))
        if sums.isEmpty {
            guesses = (0..<size).map { Double(values[$0 * inner]) }
            sums = [Double](repeating: 0, count: size)
            squares = sums
        }
        guard sums.count == size else { throw RuleFault("sizes changed from run to run") }
        for (index, value) in values.enumerated() {
            let place = index / inner % size
            let difference = Double(value) - guesses[place]
            sums[place] += difference
            squares[place] += difference * difference
        }
        count += values.count / size
    }

    var isEmpty: Bool { count == 0 }

    var means: [Double] { zip(guesses, sums).map { $0 + $1 / Double(max(count, 1)) } }

    var variances: [Double] {
        zip(sums, squares).map { sum, square in
            let mean = sum / Double(max(count, 1))
            return max(0, square / Double(max(count, 1)) - mean * mean)
        }
    }
}
