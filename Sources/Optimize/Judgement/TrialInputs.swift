package import Engines
package import Tensors

/// Inputs on which a model is run before and after each pass.
package struct TrialInputs: Sendable {
    /// One set of tensors for each run, in the signature's order.
    package var sets: [[Tensor]]
    /// How many of them come from an evaluation set, not from a generator.
    package var fromEvaluation = 0

    /// What sizes are tried where the model leaves them open, until it runs: pictures need room for their kernels, traced
    /// models the length with which they were traced.
    private static let freeSizes = [4, 1, 2, 3, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64, 128, 224]
    private static let rows = [2, 1]

    /// Inputs that are there.
    package init(sets: [[Tensor]]) { self.sets = sets }

    /// Inputs on which a model runs: numbers from 0 to 1, numbers around 0, and, where sizes are open, other sizes too.
    ///
    /// - Parameter session: of the model as it was.
    /// - Throws: what the engine said at the first attempt, when it runs on none.
    package init(for session: any Session) throws {
        var first: (any Error)?
        for rows in Self.rows {
            for size in Self.freeSizes {
                do {
                    let even = try SampleInputs(freeSize: size).tensors(for: session.signature, rows: rows)
                    _ = try session.run(even)
                    sets = [even]
                    add(try Self.centred(session.signature, rows: rows, size: size), if: session)
                    // A size that was taken for a constant shows with another.
                    add(try Self.centred(session.signature, rows: rows + 1, size: size), if: session)
                    add(try Self.centred(session.signature, rows: rows, size: size + 1), if: session)
                    return
                } catch {
                    first = first ?? error
                }
            }
        }
        throw first ?? RuleFault("it runs on no made-up input")
    }

    /// Adds inputs that the model takes, and that are not there yet.
    package mutating func add(_ inputs: [Tensor], if session: any Session) {
        let isNew = !sets.contains { set in
            zip(set, inputs).allSatisfy { $0.shape == $1.shape && $0.bytes.elementsEqual($1.bytes) }
        }
        if isNew, (try? session.run(inputs)) != nil { sets.append(inputs) }
    }

    /// Fractions from -3 up to 3; other types as they are.
    private static func centred(_ signature: Signature, rows: Int, size: Int) throws(TensorError) -> [Tensor] {
        let samples = SampleInputs(seed: 0xC0FFEE, freeSize: size)
        return try samples.tensors(for: signature, rows: rows).map { tensor throws(TensorError) in
            guard tensor.elementType.isFloatingPoint else { return tensor }
            let values = try tensor.doubles().map { $0 * 6 - 3 }
            return try Tensor(.float64, tensor.shape, values: values).converted(to: tensor.elementType)
        }
    }
}
