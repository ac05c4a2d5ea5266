package import Engines
package import Tensors

/// Rows that a result is judged by. Calibration does not see them, where data were given.
package struct HeldRows: Sendable {
    /// One tensor for each input, batch by batch.
    package let batches: [[Tensor]]
    /// How well a session does on rows with known answers, from 0 to 1; `nil` where there are none.
    package let accuracy: (@Sendable (any Session) throws -> Double?)?
    /// What they are: `239 rows of held-out.npz`.
    package let words: String

    package init(
        _ batches: [[Tensor]], words: String, accuracy: (@Sendable (any Session) throws -> Double?)? = nil
    ) {
        self.batches = batches
        self.words = words
        self.accuracy = accuracy
    }
}
