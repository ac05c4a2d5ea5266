import Tensors

/// Reads the JSON of a request in rows or columns, numbers straight into pooled memory.
///
/// Source: TensorFlow Serving, RESTful API, "Predict API"; KServe's V1 protocol and Vertex AI have the row form of it.
struct RowRequestParser {
    private let bytes: UnsafeRawBufferPointer
    private let arm: LiveArm
    private let pool: BufferPool
    private var scanner: JSONScanner
    private let takesEveryForm: Bool
    private var request: RowRequest?
    /// The member that the request's data are in.
    private var found: String?

    /// - Parameter takesEveryForm: whether a request may also be a plain array of rows, or of the Open Inference Protocol.
    init(_ bytes: UnsafeRawBufferPointer, arm: LiveArm, pool: BufferPool, takesEveryForm: Bool = false) {
        self.takesEveryForm = takesEveryForm
        self.bytes = bytes
        self.arm = arm
        self.pool = pool
        scanner = JSONScanner(bytes)
    }

    /// Reads the body of `:predict`.
    ///
    /// - Throws: `RequestFault` or `JSONError`.
    mutating func parse() throws -> RowRequest {
        guard let request = try parseAny() else {
            throw RequestFault(.invalidInput, "the request has neither 'instances' nor 'inputs'; give one of them")
        }
        return request
    }

    /// Reads the body of `/invocations`.
    ///
    /// - Returns: `nil` for a request of the Open Inference Protocol, which is left for another parser.
    /// - Throws: `RequestFault` or `JSONError`.
    mutating func parseAny() throws -> RowRequest? {
        if takesEveryForm, try scanner.peek() == .array {
            var request = try readRows(named: "the array")
            request.layout = .bare
            try scanner.finish()
            return request
        }
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "signature_name": try SignatureName.check(&scanner, arm)
            case "instances":
                try enter("instances")
                request = try readRows(named: "'instances'")
            case "inputs":
                try enter("inputs")
                if takesEveryForm, isOpenInference { return nil }
                request = try readColumns()
            case _ where TableParser.holds(key):
                try enter(key.text)
                request = try TableParser(bytes, arm: arm, pool: pool).parse(key.text, &scanner)
            default: try scanner.skip()
            }
        }
        try scanner.finish()
        guard let request else {
            throw RequestFault(.invalidInput, "the request has neither 'instances' nor 'inputs'; give one of them")
        }
        return request
    }

    /// Reads a body of one row on each line, each as an element of `instances` is. Empty lines are skipped.
    ///
    /// - Throws: `RequestFault` or `JSONError`.
    mutating func parseLines() throws -> RowRequest {
        var elements = InputElements(arm: arm, pool: pool, textBytes: bytes.count)
        var rows = 0
        while let start = try nextLine(after: rows == 0 ? nil : scanner.position) {
            scanner = JSONScanner(bytes, offset: start)
            if try isNamed() {
                try readNamed(row: rows, into: &elements, place: "line")
            } else {
                try requireOneInput("each line")
                try elements.read(0, &scanner, place: "row \(rows)")
            }
            rows += 1
        }
        guard rows > 0 else { throw RequestFault(.invalidInput, "the body has no line; give one or more") }
        return RowRequest(inputs: try elements.tensors(rows: rows), layout: .rows, rows: rows)
    }

    /// Where the next line that is not empty begins.
    ///
    /// - Parameter end: where the value before it ended; `nil` for the first.
    private func nextLine(after end: Int?) throws(RequestFault) -> Int? {
        var position = end ?? 0
        var isNewLine = end == nil
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"): isNewLine = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default:
                guard isNewLine else {
                    throw RequestFault(
                        .malformedBody, "at byte \(position): expected the end of the line after its value")
                }
                return position
            }
            position += 1
        }
        return nil
    }

    private mutating func enter(_ key: String) throws(RequestFault) {
        if let found {
            throw RequestFault(.invalidInput, "the request has both '\(found)' and '\(key)'; give one of them")
        }
        found = key
    }
}

// MARK: - Rows

extension RowRequestParser {
    /// - Parameter what: what the rows are in, for messages.
    private mutating func readRows(named what: String) throws -> RowRequest {
        var elements = InputElements(arm: arm, pool: pool, textBytes: bytes.count - scanner.position)
        var rows = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            if try isNamed() {
                try readNamed(row: rows, into: &elements)
            } else {
                try requireOneInput("each of \(what)")
                try elements.read(0, &scanner, place: "instances[\(rows)]")
            }
            rows += 1
        }
        guard rows > 0 else { throw RequestFault(.invalidInput, "\(what) is empty; give one or more") }
        return RowRequest(inputs: try elements.tensors(rows: rows), layout: .rows, rows: rows)
    }

    /// Reads an object from input names to values.
    private mutating func readNamed(
        row: Int, into elements: inout InputElements, place: String = "instances"
    ) throws {
        try scanner.beginObject()
        while let name = try scanner.nextKey() {
            try elements.read(try arm.inputIndex(name), &scanner, place: "\(place)[\(row)]")
        }
        for (index, spec) in arm.signature.inputs.enumerated() where elements.valueCount(index) != row + 1 {
            if arm.isColumn(index) {
                try elements.readMissing(index, place: "\(place)[\(row)]")
                continue
            }
            throw RequestFault(.invalidInput, "\(place)[\(row)] has no value for input '\(spec.name)'")
        }
    }

    /// Whether the next value is an object from input names to values, and not the bytes of a string.
    private mutating func isNamed() throws(JSONError) -> Bool {
        // Values that only numbers may have, such as `NaN`, have no kind.
        guard (try? scanner.peek()) == .object else { return false }
        guard arm.signature.inputs.count == 1, arm.signature.inputs[0].elementType == .string else { return true }
        var ahead = scanner
        try ahead.beginObject()
        return try ahead.nextKey() != "b64"
    }

    private func requireOneInput(_ what: String) throws(RequestFault) {
        guard arm.signature.inputs.count == 1 else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' has \(arm.signature.inputs.count) inputs: expected \(what) as an "
                    + "object from their names, \(arm.inputNames), to values")
        }
    }
}

// MARK: - Columns

extension RowRequestParser {
    /// Whether the value that follows is an array of objects that are tensors, and not bytes of strings.
    private var isOpenInference: Bool {
        var ahead = scanner
        guard (try? ahead.peek()) == .array, (try? ahead.beginArray()) != nil, (try? ahead.nextElement()) == true,
            (try? ahead.peek()) == .object, (try? ahead.beginObject()) != nil
        else { return false }
        return (try? ahead.nextKey()).flatMap { $0 } != "b64"
    }
}

extension RowRequestParser {
    private mutating func readColumns() throws -> RowRequest {
        var elements = InputElements(arm: arm, pool: pool, textBytes: bytes.count - scanner.position)
        if try isNamed() {
            try scanner.beginObject()
            while let name = try scanner.nextKey() {
                try elements.read(try arm.inputIndex(name), &scanner, place: "inputs")
            }
        } else {
            try requireOneInput("'inputs'")
            try elements.read(0, &scanner, place: "inputs")
        }
        return RowRequest(inputs: try elements.tensors(rows: nil), layout: .columns)
    }
}

// MARK: - Names

extension LiveArm {
    /// The position of an input.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` that names the inputs there are.
    func inputIndex(_ name: String) throws(RequestFault) -> Int {
        guard let index = input(name) else {
            throw RequestFault(
                .invalidInput, "model '\(endpoint)' has no input '\(name.shortened)'; its inputs are \(inputNames)")
        }
        return index
    }

    /// For messages.
    var inputNames: String { signature.inputs.map { "'\($0.name)'" }.joined(separator: ", ") }
}

/// The `signature_name` of a request: models have one signature.
enum SignatureName {
    /// What TensorFlow calls the signature that is served unless another is named.
    static let only = "serving_default"

    /// - Throws: `RequestFault.Code.invalidInput` for another signature's name.
    static func check(_ scanner: inout JSONScanner, _ arm: LiveArm) throws {
        guard try scanner.peek() != .null else { return try scanner.null() }
        let name = try scanner.string()
        guard name.isEmpty || name == only else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' has no signature '\(name.shortened)'; its only one is '\(only)'")
        }
    }
}
