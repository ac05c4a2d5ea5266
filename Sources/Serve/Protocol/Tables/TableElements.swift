import Tensors

/// The inputs of a request that is a table, collected row by row.
struct TableElements {
    private let arm: LiveArm
    private let layout: ColumnLayout
    /// One for each column, or one for all columns.
    private var elements: [CellElements]
    private(set) var rows = 0

    /// - Parameter textBytes: bytes of the text that the cells are in.
    init(_ layout: ColumnLayout, arm: LiveArm, pool: BufferPool, textBytes: Int) throws(RequestFault) {
        self.arm = arm
        self.layout = layout
        elements = []
        switch layout.target {
        case .features(let places):
            elements.append(try Self.makeElements(arm, 0, width: places.count, pool, textBytes))
        case .inputs(let inputs):
            for input in inputs { elements.append(try Self.makeElements(arm, input, width: 1, pool, textBytes)) }
        }
    }

    private static func makeElements(
        _ arm: LiveArm, _ input: Int, width: Int, _ pool: BufferPool, _ textBytes: Int
    ) throws(RequestFault) -> CellElements {
        let type = arm.signature.inputs[input].elementType
        let takesMissing = arm.isColumn(input)
        guard type.isJSON, type != .string else {
            return CellElements(type, width: width, memory: nil, takesMissing: takesMissing)
        }
        // The shortest cell is a digit and a comma; one that is missing is the comma alone.
        let cells = (takesMissing ? textBytes : textBytes / 2) + 1 + width
        guard let lease = pool.lease(cells * (type.bitWidth / 8)) else { throw .exhausted }
        return CellElements(type, width: width, memory: lease, takesMissing: takesMissing)
    }

    /// Takes a column of the current row as missing.
    mutating func readMissing(column: Int) throws(RequestFault) {
        let (index, place) = target(column)
        let fault = RequestFault(.invalidInput, "row \(rows) has no column '\(layout.names[column].shortened)'")
        guard case .inputs(let inputs) = layout.target, arm.isColumn(inputs[column]) else { throw fault }
        do throws(JSONError) {
            try elements[index].readMissing(column: place)
        } catch {
            throw error.code == .noMemory ? .exhausted : fault
        }
    }

    /// Reads the next JSON value as the cell of a column in the current row.
    mutating func read(_ scanner: inout JSONScanner, column: Int) throws(RequestFault) {
        let (index, place) = target(column)
        do throws(JSONError) {
            try elements[index].read(&scanner, column: place)
        } catch {
            throw fault(error, column)
        }
    }

    /// Reads text as the cell of a column in the current row.
    ///
    /// - Parameter line: where it is, for messages.
    mutating func read(text: [UInt8], column: Int, line: Int) throws(RequestFault) {
        let (index, place) = target(column)
        do {
            try text.withUnsafeBytes { try elements[index].read(text: $0, column: place) }
        } catch let error as JSONError {
            if error.code == .noMemory { throw .exhausted }
            throw RequestFault(
                .invalidInput, "line \(line), column '\(layout.names[column].shortened)': \(error.message)")
        } catch {
            throw RequestFault(adapting: error)
        }
    }

    /// Ends a row whose every column was read; those that the table does not have are missing.
    mutating func endRow() throws(RequestFault) {
        for column in layout.absent { try readMissing(column: column) }
        for index in elements.indices { elements[index].endRow() }
        rows += 1
    }

    /// The tensors of all inputs, in the signature's order.
    func tensors() throws(RequestFault) -> [Tensor] {
        guard rows > 0 else { throw RequestFault(.invalidInput, "the table has no rows; give one or more") }
        guard case .inputs(let inputs) = layout.target else {
            return [try tensor(elements[0], input: 0, width: elements[0].width)]
        }
        var tensors: [(index: Int, tensor: Tensor)] = []
        for (column, input) in inputs.enumerated() {
            let isRow = arm.signature.inputs[input].dimensions?.count == 1
            tensors.append((input, try tensor(elements[column], input: input, width: isRow ? nil : 1)))
        }
        return try arm.ordered(tensors)
    }

    private func tensor(_ elements: CellElements, input: Int, width: Int?) throws(RequestFault) -> Tensor {
        let spec = arm.signature.inputs[input]
        do {
            let shape = try Shape(width.map { [rows, $0] } ?? [rows])
            _ = try arm.check(input: spec.name, spec.elementType, shape)
            return try elements.tensor(shape)
        } catch {
            throw RequestFault.inInput(spec.name, error)
        }
    }

    private func target(_ column: Int) -> (index: Int, place: Int) {
        switch layout.target {
        case .inputs: (column, 0)
        case .features(let places): (0, places[column])
        }
    }

    private func fault(_ error: JSONError, _ column: Int) -> RequestFault {
        if error.code == .noMemory { return .exhausted }
        return RequestFault(error.located(in: "row \(rows), column '\(layout.names[column].shortened)'"))
    }
}
