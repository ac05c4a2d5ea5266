import Tensors

/// Reads the JSON of a `:classify` or `:regress` request: examples, objects from features to values or lists, and a
/// context whose features every example shares.
///
/// Source: TensorFlow Serving, RESTful API, "Classify and Regress API".
struct ExampleRequestParser {
    private let bytes: UnsafeRawBufferPointer
    private let arm: LiveArm
    private let pool: BufferPool
    private var scanner: JSONScanner
    /// Where the values of the context are, for each input that has one.
    private var context: [Int?]
    private var contextBytes = 0

    /// Bytes that a context may come to when it is repeated for every example.
    private static let repeatedContextBytes = 16 << 20

    init(_ bytes: UnsafeRawBufferPointer, arm: LiveArm, pool: BufferPool) {
        self.bytes = bytes
        self.arm = arm
        self.pool = pool
        scanner = JSONScanner(bytes)
        context = [Int?](repeating: nil, count: arm.signature.inputs.count)
    }

    /// - Throws: `RequestFault` or `JSONError`.
    mutating func parse() throws -> RowRequest {
        var examples: (offset: Int, count: Int)?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "signature_name": try SignatureName.check(&scanner, arm)
            case "context": try readContext()
            case "examples":
                // A first look only at where they are; they are read when the context is known.
                examples = (scanner.position, try countExamples())
            default: try scanner.skip()
            }
        }
        try scanner.finish()
        guard let examples else { throw RequestFault(.invalidInput, "the request has no 'examples'") }
        let (repeated, overflow) = contextBytes.multipliedReportingOverflow(by: examples.count)
        guard !overflow, repeated <= Self.repeatedContextBytes else {
            throw RequestFault(
                .invalidInput,
                "the context has \(contextBytes) bytes, too many to be repeated for \(examples.count) examples")
        }
        scanner = JSONScanner(bytes, offset: examples.offset)
        return try readExamples(textBytes: bytes.count + repeated)
    }

    private mutating func countExamples() throws -> Int {
        var count = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            try scanner.skip()
            count += 1
        }
        return count
    }

    private mutating func readContext() throws {
        let start = scanner.position
        try scanner.beginObject()
        while let name = try scanner.nextKey() {
            context[try arm.inputIndex(name)] = scanner.position
            try scanner.skip()
        }
        contextBytes = scanner.position - start
    }

    private mutating func readExamples(textBytes: Int) throws -> RowRequest {
        var elements = InputElements(arm: arm, pool: pool, textBytes: textBytes)
        var rows = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            try scanner.beginObject()
            while let name = try scanner.nextKey() {
                try elements.read(try arm.inputIndex(name), &scanner, place: "examples[\(rows)]")
            }
            try complete(row: rows, &elements)
            rows += 1
        }
        guard rows > 0 else { throw RequestFault(.invalidInput, "'examples' is empty; give one or more") }
        return RowRequest(inputs: try elements.tensors(rows: rows, isLenient: true), layout: .rows, rows: rows)
    }

    /// Takes what an example left out from the context.
    private func complete(row: Int, _ elements: inout InputElements) throws {
        for (index, spec) in arm.signature.inputs.enumerated() where elements.valueCount(index) != row + 1 {
            guard let offset = context[index] else {
                throw RequestFault(.invalidInput, "examples[\(row)] has no value for input '\(spec.name)'")
            }
            var shared = JSONScanner(bytes, offset: offset)
            try elements.read(index, &shared, place: "context")
        }
    }
}
