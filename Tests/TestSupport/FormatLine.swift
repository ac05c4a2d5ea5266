/// A line for `scripts/formats`, which makes the README's table of formats of such lines.
package enum FormatLine {
    /// Says by how much the answers of a model differ that was read or written in a format.
    ///
    /// - Parameters:
    ///   - format: which format, and whether it was read (`in`), written (`out`) or run (`run`).
    ///   - difference: the largest of all its outputs: absolute below 1, relative above; of integers, in steps.
    package static func say(_ format: String, _ model: String, _ difference: Double) {
        print("format | \(format) | \(model) | \(difference)")
    }
}
