import Glibc
package import Tensors

/// Rows with known answers: inputs by name, and the true answer of each row.
package struct EvaluationSet: Sendable {
    /// One tensor for each input of the signature it was read for, in that order; equal first dimensions.
    package let inputs: [Tensor]
    /// One answer per row: whole numbers or strings for classes, fractions for quantities.
    package let answers: Tensor
    /// The name of the array or column the answers came from.
    package let answersName: String
    /// Where its rows are in the file that they were taken from, counted from 0; empty: they are all of it.
    var places: [Int] = []

    /// The row of the file, counted from 1, as errors name it.
    func number(of row: Int) -> Int { (places.indices.contains(row) ? places[row] : row) + 1 }

    /// Rows with an answer; at least one.
    package var rows: Int { answers.shape.elementCount }

    /// Names that are taken for the answers when none is given.
    static let usualNames = ["labels", "label", "y", "target", "targets", "class", "answer", "answers"]

    /// Reads an NPZ or CSV file, told apart by content, for a model with this signature.
    ///
    /// - Parameters:
    ///   - answers: the array or column with the true answers; by default one of the usual names, else the only one that
    ///     is no input.
    ///   - isColumn: whether an input is a column of a table, whose cells may be missing.
    /// - Throws: `WorkshopError.Code.evaluation` when names, types or row counts do not fit.
    package static func read(
        path: String, for signature: Signature, answers: String? = nil, isColumn: (Int) -> Bool = { _ in false }
    ) throws(WorkshopError) -> EvaluationSet {
        do {
            let arrays = try readArrays(path, signature, answers, isColumn)
            let set = try match(arrays, signature, answers)
            try set.requireFinite(signature, isColumn)
            return set
        } catch let error as WorkshopError {
            throw error
        } catch {
            throw WorkshopError(.evaluation, "the evaluation set cannot be read: \(error)")
        }
    }

    private static func match(
        _ arrays: [(name: String, tensor: Tensor)], _ signature: Signature, _ wanted: String?
    ) throws(WorkshopError) -> EvaluationSet {
        let names = arrays.map(\.name)
        let inputNames = Set(signature.inputs.map(\.name))
        let rest = names.filter { !inputNames.contains($0) }
        guard let chosen = wanted ?? usualNames.first(where: rest.contains) ?? (rest.count == 1 ? rest[0] : nil),
            let truth = arrays.first(where: { $0.name == chosen })?.tensor
        else {
            throw WorkshopError(
                .evaluation,
                wanted.map { "the evaluation set has no '\($0)'" } ?? "cannot tell which array holds the true answers",
                causes: ["it has: \(names.joined(separator: ", "))"], help: "name it with --answers")
        }
        let given = arrays.filter { $0.name != chosen }
        var inputs: [Tensor] = []
        for spec in signature.inputs {
            let only = signature.inputs.count == 1 && given.count == 1 ? given[0].tensor : nil
            guard let tensor = given.first(where: { $0.name == spec.name })?.tensor ?? only else {
                throw WorkshopError(
                    .evaluation, "the evaluation set has no array '\(spec.name)' for the model's input",
                    causes: ["it has: \(names.joined(separator: ", "))"])
            }
            inputs.append(try converted(tensor, to: spec))
        }
        let rows = truth.shape.dimensions.first ?? 0
        guard rows > 0, truth.shape.elementCount == rows, inputs.allSatisfy({ $0.shape.dimensions.first == rows })
        else {
            throw WorkshopError(
                .evaluation, "inputs and answers differ in rows",
                causes: zip(signature.inputs, inputs).map { "\($0.name): \($1.shape)" } + ["\(chosen): \(truth.shape)"])
        }
        return EvaluationSet(inputs: inputs, answers: truth, answersName: chosen)
    }

    private static func converted(_ tensor: Tensor, to spec: TensorSpec) throws(WorkshopError) -> Tensor {
        do throws(TensorError) {
            let typed = try tensor.elementType == spec.elementType ? tensor : tensor.converted(to: spec.elementType)
            // A first dimension that is fixed is the batch of a run, not the rows of the set.
            let row = TensorSpec(
                name: spec.name, elementType: spec.elementType,
                dimensions: spec.dimensions.map { $0.prefix(1).map { _ in .unknown } + $0.dropFirst() })
            guard row.accepts(typed.shape) else {
                throw TensorError(
                    .sizeMismatch, "input '\(spec.name)' expects \(spec.shapeDescription), the set has \(typed.shape)")
            }
            return typed
        } catch {
            throw WorkshopError(.evaluation, "input '\(spec.name)': \(error.message)")
        }
    }
}

// MARK: - Numbers

extension EvaluationSet {
    /// - Parameter isColumn: whether an input is a column of a table, whose cells may be missing.
    /// - Throws: `WorkshopError.Code.evaluation` with the row and the column, counted from 1, of the first number of an input
    ///   that is not finite, or the row of the first such answer.
    func requireFinite(
        _ signature: Signature, _ isColumn: (Int) -> Bool = { _ in false }
    ) throws(WorkshopError) {
        for (place, (spec, tensor)) in zip(signature.inputs, inputs).enumerated() where !isColumn(place) {
            try Self.requireFinite(tensor, "input '\(spec.name)'")
        }
        try Self.requireFinite(answers, "'\(answersName)'")
    }

    private static func requireFinite(_ tensor: Tensor, _ what: String) throws(WorkshopError) {
        guard tensor.elementType.isFloatingPoint, let values = try? tensor.doubles(),
            let place = values.firstIndex(where: { !$0.isFinite })
        else { return }
        let width = max(1, values.count / max(1, tensor.shape.dimensions.first ?? 1))
        let (row, column) = (place / width + 1, place % width + 1)
        let spot = width > 1 ? "row \(row), column \(column)" : "row \(row)"
        throw WorkshopError(
            .evaluation, "\(what), \(spot) is \(values[place]); expected finite numbers", row: row)
    }
}

// MARK: - Files

extension EvaluationSet {
    /// The arrays of an NPZ file, or the columns of a CSV file gathered into the shapes that the signature asks for.
    private static func readArrays(
        _ path: String, _ signature: Signature, _ answers: String?, _ isColumn: (Int) -> Bool
    ) throws -> [(name: String, tensor: Tensor)] {
        if try isZip(path) { return try NPZ.read(path: path, limits: limits) }
        return try TableArrays.read(path, signature, answers: answers, isColumn: isColumn)
    }

    static let limits = ArrayLimits(bytes: 2 << 30)

    static func isZip(_ path: String) throws(WorkshopError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw WorkshopError(.unreadable, "cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var magic: UInt32 = 0
        let count = withUnsafeMutableBytes(of: &magic) { Glibc.read(descriptor, $0.baseAddress, 4) }
        // The first bytes of a member, or of the end of an empty file; a CSV column may be named "PK".
        return count == 4 && [0x0403_4B50, 0x0605_4B50].contains(UInt32(littleEndian: magic))
    }
}
