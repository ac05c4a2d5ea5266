import Tensors

/// The inputs of a request that is a table, collected row by row.
struct TableElements {
    private let arm: LiveArm
    private let layout: ColumnLayout
    /// One for each column, or one for all columns.
    private var elements: [CellElements]
    private(set) var rows = 0

    /// - Parameter textBytes: bytes of the text that the cells are in. The shortest are a digit and a comma.
    init(_ layout: ColumnLayout, arm: LiveArm, pool: BufferPool, textBytes: Int) throws(RequestFault) {
        self.arm = arm
        self.layout = layout
        elements = []
        switch layout.target {
        case .features(let places):
            elements.append(
                try Self.makeElements(arm.signature.inputs[0].elementType, width: places.count, pool, textBytes))
        case .inputs(let inputs):
            for input in inputs {
                elements.append(
                    try Self.makeElements(arm.signature.inputs[input].elementType, width: 1, pool, textBytes))
            }
        }
    }

    private static func makeElements(
        _ type: ElementType, width: Int, _ pool: BufferPool, _ textBytes: Int
    ) throws(RequestFault) -> CellElements {
        guard type.isJSON, type != .string else { return CellElements(type, width: width, memory: nil) }
        guard let lease = pool.lease((textBytes / 2 + 1 + width) * (type.bitWidth / 8)) else { throw .exhausted }
        return CellElements(type, width: width, memory: lease)
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

    /// Ends a row whose every column was read.
    mutating func endRow() {
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
