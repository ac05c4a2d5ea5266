package import Engines
import Monitor
package import Tensors

/// The server's dialects of rows, for those who have files instead of requests: what a request's CSV or JSON means,
/// a file's means too.
package final class RowDialect: Sendable {
    private let arm: LiveArm
    private let pool: BufferPool

    /// - Parameters:
    ///   - model: the name in messages.
    ///   - labels: of the version; `features.INPUT` names the columns of an input.
    ///   - memory: bytes that rows which are being read may hold at a time.
    package init(session: any Session, labels: [String: String], model: String, memory: Int = 1 << 30) {
        let servable = Servable(
            model: model, version: "", digest: "", session: AnyRows(session), calibration: .none, labels: labels)
        arm = LiveArm(
            endpoint: model, servable: servable, versions: [],
            metrics: ServeMetrics(registry: MetricsRegistry()).arm(endpoint: model, model: model, version: ""))
        pool = BufferPool(budget: memory)
    }

    /// What requests of the version may be put together as.
    package static func agreement(of session: any Session) -> BatchAgreement {
        BatchTrial(session: session).agreement()
    }

    /// The columns of a CSV file.
    package struct Columns: Sendable {
        /// Whether the first row names them.
        package let hasHeader: Bool
        fileprivate let layout: ColumnLayout
        /// For each column of the file its place in the layout; `nil` for those that are left out.
        fileprivate let places: [Int?]
    }

    /// Finds out from a CSV file's first row which column goes where.
    ///
    /// - Parameter ignored: columns that the model does not get, by name.
    /// - Throws: `RowFault` that names an unknown, a missing or a repeated column.
    package func columns(firstRow: UnsafeRawBufferPointer, ignoring ignored: Set<String>) throws(RowFault) -> Columns {
        try adapting {
            let fields = try CSVParser.fields(of: firstRow)
            guard fields.allSatisfy({ !CSVParser.isNumber($0) }) else {
                guard ignored.isEmpty else {
                    throw RequestFault(.invalidInput, "the table has no header row that would name columns to ignore")
                }
                let layout = try ColumnLayout(count: fields.count, arm: arm)
                return Columns(hasHeader: false, layout: layout, places: Array(fields.indices))
            }
            let names = fields.map { String(decoding: $0, as: UTF8.self) }
            if let unknown = ignored.subtracting(names).min() {
                throw RequestFault(.invalidInput, "the table has no column '\(unknown.shortened)' to ignore")
            }
            let layout = try ColumnLayout(names: names.filter { !ignored.contains($0) }, arm: arm)
            var place = 0
            let places = names.map { name -> Int? in
                guard !ignored.contains(name) else { return nil }
                place += 1
                return place - 1
            }
            return Columns(hasHeader: true, layout: layout, places: places)
        }
    }

    /// The inputs that rows of a CSV file are.
    ///
    /// - Parameter line: the line of the file in which they begin, for messages.
    /// - Throws: `RowFault` about the first row that is wrong.
    package func tensors(
        csv rows: UnsafeRawBufferPointer, _ columns: Columns, line: Int
    ) throws(RowFault) -> [Tensor] {
        try adapting {
            var elements = try TableElements(columns.layout, arm: arm, pool: pool, textBytes: rows.count)
            var parser = CSVParser(rows, hasHeader: false, arm: arm, pool: pool)
            try parser.readRows(into: &elements, places: columns.places, firstLine: line)
            return try elements.tensors()
        }
    }

    /// The inputs that the elements of a JSON array are: rows of values, objects from inputs to values, or objects from
    /// columns to cells.
    ///
    /// - Throws: `RowFault` about the first row that is wrong.
    package func tensors(json rows: UnsafeRawBufferPointer) throws(RowFault) -> [Tensor] {
        try adapting {
            if try isTable(rows) {
                var scanner = JSONScanner(rows)
                return try TableParser(rows, arm: arm, pool: pool).parse("dataframe_records", &scanner).inputs
            }
            var parser = RowRequestParser(rows, arm: arm, pool: pool, takesEveryForm: true)
            return try parser.parseAny()?.inputs ?? []
        }
    }

    /// Whether the rows are objects from columns to cells, none of which is a tensor or named as an input is.
    private func isTable(_ rows: UnsafeRawBufferPointer) throws -> Bool {
        var scanner = JSONScanner(rows)
        try scanner.beginArray()
        guard try scanner.nextElement(), (try? scanner.peek()) == .object else { return false }
        try scanner.beginObject()
        guard let key = try scanner.nextKey() else { return true }
        return arm.input(key) == nil && key != "b64"
    }

    private func adapting<Value>(_ body: () throws -> Value) throws(RowFault) -> Value {
        do {
            return try body()
        } catch {
            throw RowFault(message: RequestFault(adapting: error).message)
        }
    }
}

/// A session as files see it: where a run takes a fixed number of rows, a file may have any.
private final class AnyRows: Session {
    private let inner: any Session
    let signature: Signature

    init(_ inner: any Session) {
        self.inner = inner
        var signature = inner.signature
        for index in signature.inputs.indices {
            guard signature.inputs[index].dimensions?.isEmpty == false else { continue }
            signature.inputs[index].dimensions?[0] = .unknown
        }
        self.signature = signature
    }

    var engine: EngineKind { inner.engine }
    var device: Device { inner.device }

    func isColumn(_ input: Int) -> Bool { inner.isColumn(input) }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        try inner.run(inputs: inputs, outputs: &outputs)
    }
}

/// Why rows cannot be given to a model.
package struct RowFault: Error, Hashable, Sendable {
    /// What was expected, what was found and where.
    package let message: String
}
