import Tensors

/// Reads the examples of a `ClassificationRequest` or `RegressionRequest` into a model's inputs: features are matched
/// by name, and a context's features are every example's that leaves them out.
///
/// Source: TensorFlow Serving, `input.proto`; TensorFlow, `example.proto` and `feature.proto`.
struct ExampleInputs {
    private let bytes: UnsafeRawBufferPointer
    private let arm: LiveArm
    private let pool: BufferPool
    private var examples: [Range<Int>] = []
    private var context: Range<Int>?

    /// What is kept of an example is larger than the smallest one.
    private static let mostExamples = 1 << 20
    /// Bytes that a context may come to when it is repeated for every example. The same as over REST.
    private static let repeatedContextBytes = 16 << 20

    /// - Parameter input: where the `Input` is; `nil` without one.
    /// - Throws: `RequestFault` for a message that is not well-formed, or has no example.
    init(
        _ bytes: UnsafeRawBufferPointer, _ input: Range<Int>?, arm: LiveArm, pool: BufferPool
    ) throws(RequestFault) {
        self.bytes = bytes
        self.arm = arm
        self.pool = pool
        if let input { try readInput(input) }
        guard !examples.isEmpty else {
            throw RequestFault(.invalidInput, "the request has no example; give one or more")
        }
        let (repeated, overflow) = (context?.count ?? 0).multipliedReportingOverflow(by: examples.count)
        guard !overflow, repeated <= Self.repeatedContextBytes else {
            throw RequestFault(
                .invalidInput,
                "the context has \(context?.count ?? 0) bytes, too many to be repeated for \(examples.count) examples")
        }
    }

    var rows: Int { examples.count }

    private mutating func readInput(_ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1, 2: try readList(try reader.range(field))
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readList(_ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                guard examples.count < Self.mostExamples else {
                    throw RequestFault(.invalidInput, "the request has more than \(Self.mostExamples) examples")
                }
                examples.append(try reader.range(field))
            case 2: context = try reader.range(field)
            default: try reader.skip(field)
            }
        }
    }
}

// MARK: - Features

extension ExampleInputs {
    /// Where the values of each input are in one example.
    private func features(of example: Range<Int>) throws(RequestFault) -> [Range<Int>?] {
        var found = [Range<Int>?](repeating: nil, count: arm.signature.inputs.count)
        var reader = ProtoReader(bytes, example)
        while let field = try reader.next() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            var entries = ProtoReader(bytes, try reader.range(field))
            while let entry = try entries.next() {
                guard entry.number == 1 else {
                    try entries.skip(entry)
                    continue
                }
                let (name, values) = try feature(try entries.range(entry))
                found[try arm.inputIndex(name)] = values
            }
        }
        return found
    }

    /// A map's entry: either part may be left out.
    private func feature(_ range: Range<Int>) throws(RequestFault) -> (name: String, values: Range<Int>) {
        var reader = ProtoReader(bytes, range)
        var entry = (name: "", values: range.upperBound..<range.upperBound)
        while let field = try reader.next() {
            switch field.number {
            case 1: entry.name = try reader.string(field)
            case 2: entry.values = try reader.range(field)
            default: try reader.skip(field)
            }
        }
        return entry
    }

    /// The tensors of all inputs, in the signature's order.
    ///
    /// - Throws: `RequestFault` that names example and input for a feature that is missing, of another type, or has not as
    ///   many values as that of the first example.
    func tensors() throws(RequestFault) -> [Tensor] {
        let shared = try context.map { range throws(RequestFault) in try features(of: range) }
        var columns: [FeatureColumn] = []
        for (row, example) in examples.enumerated() {
            let found = try features(of: example)
            for (index, spec) in arm.signature.inputs.enumerated() {
                guard let values = found[index] ?? shared?[index] else {
                    throw RequestFault(.invalidInput, "examples[\(row)] has no feature '\(spec.name)'")
                }
                if row == 0 {
                    columns.append(
                        try FeatureColumn(spec, rows: rows, sample: FeatureValues(bytes, values), pool: pool))
                }
                try columns[index].append(FeatureValues(bytes, values), row: row)
            }
        }
        var tensors: [Tensor] = []
        for (column, spec) in zip(columns, arm.signature.inputs) {
            do {
                let tensor = try column.tensor()
                _ = try arm.check(input: spec.name, spec.elementType, tensor.shape)
                tensors.append(tensor)
            } catch {
                throw RequestFault.inInput(spec.name, error)
            }
        }
        return tensors
    }
}
