import Drift
import Engines
import Tensors

/// What a classifier's answers to evaluation rows say about its confidence.
enum ConfidenceFit {
    /// - Parameters:
    ///   - runs: the outputs of each run.
    ///   - chosen: the position of the output that was taken for the prediction.
    ///   - isRight: by row, over all runs.
    /// - Returns: `nil` where no output can be read as classes.
    static func fit(
        _ runs: [[Tensor]], of signature: Signature, chosen: Int, isRight: [Bool]
    ) -> ConfidenceReference? {
        guard let first = runs.first, first.indices.contains(chosen), !isRight.isEmpty,
            let rows = first[chosen].shape.dimensions.first,
            let reading = ClassReading(Array(zip(signature.outputs.map(\.name), first)), chosen: chosen, rows: rows),
            let reader = ClassReader(reading, signature: signature, names: [])
        else { return nil }
        var answers: [(confidence: Double, isRight: Bool)] = []
        var done = 0
        for outputs in runs {
            reader.read(most: .max) {
                outputs.indices.contains($0) ? outputs[$0] : nil
            } _: { row, said in
                if let confidence = said.confidence, isRight.indices.contains(done + row) {
                    answers.append((confidence, isRight[done + row]))
                }
            }
            done += outputs[chosen].shape.dimensions.first ?? 0
        }
        // Rows without scores would leave a curve that stands for others.
        let isWhole = answers.count == isRight.count
        return ConfidenceReference(
            reading: reading, rows: isRight.count,
            accuracy: Double(isRight.count { $0 }) / Double(isRight.count),
            calibration: isWhole ? ConfidenceCurve(fitting: answers) : nil)
    }
}
