package import Tensors

/// Inputs to run a model on, to see which values it meets. Read once from the front to the end, a batch at a time.
package protocol CalibrationSource: Sendable {
    /// What it is, for a report: `64 rows of data.npz`.
    var words: String { get }
    /// What errors about its data begin with: a file's name.
    var source: String { get }
    /// Whether nobody gave data and these are made up: ranges then say little about real inputs.
    var isGenerated: Bool { get }
    /// How many rows there are, where that is known before the end.
    var rows: Int? { get }

    /// Calls `body` with one tensor for each input of the signature, batch by batch. A fixed first dimension is the number of rows of
    /// a batch; else a batch has at most `batch`.
    ///
    /// - Throws: what `body` throws; `RuleFault` for data that do not fit, with place, expected and found.
    func forEachBatch(of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void) throws
}

/// Data of which some rows are kept to judge with: calibration does not see them.
package protocol HeldCalibration: CalibrationSource {
    /// Calls `body` with batches of what is kept and the row at which each begins, until it answers false.
    ///
    /// - Throws: as `forEachBatch`.
    func forEachHeld(for signature: Signature, _ body: (Int, [Tensor]) throws -> Bool) throws
    /// The same data with nothing kept.
    func whole() throws -> Self
}

extension CalibrationSource {
    package var source: String { words }
}
