import Engines
import Tensors

/// Writes the answer to a request in rows or columns.
///
/// Source: TensorFlow Serving, RESTful API: one output stands alone, several are an object from their names; outputs
/// whose names end in `_bytes` are base64.
struct RowReply {
    let job: InferenceJob
    /// Positions of the outputs to write.
    let outputs: [Int]

    /// Writes `{"predictions": [...]}`.
    func encode(rows: Int, key: StaticString, into text: inout JSONWriter) throws(RequestFault) {
        try open(key, &text) { (text) throws(RequestFault) in try encode(rows: rows, into: &text) }
    }

    /// Writes `{"outputs": …}`.
    func encodeColumns(key: StaticString, into text: inout JSONWriter) throws(RequestFault) {
        try open(key, &text) { (text) throws(RequestFault) in try encodeColumns(into: &text) }
    }

    /// Writes `[...]`.
    func encode(rows: Int, into text: inout JSONWriter) throws(RequestFault) {
        var columns: [(name: String, tensor: Tensor)] = []
        for index in outputs { columns.append(try rowOutput(index, rows: rows)) }
        if columns.count == 1 { return try write(columns[0].tensor, columns[0].name, into: &text) }
        text.raw("[")
        for row in 0..<rows {
            if row > 0 { text.raw(",") }
            try writeObject(columns, row: row, into: &text)
        }
        text.raw("]")
    }

    /// Writes a line for each row, the outputs' elements one after another.
    func encodeCSV(into text: inout JSONWriter) throws(RequestFault) {
        guard let first = outputs.first else { return }
        let rows = try job.output(first).tensor.shape.dimensions.first ?? 1
        var columns: [(name: String, tensor: Tensor)] = []
        for index in outputs {
            let (name, tensor) = try job.output(index)
            guard tensor.shape.dimensions.first ?? 1 == rows else {
                throw RequestFault(
                    .unsupported,
                    "output '\(name)' has shape \(tensor.shape), not \(rows) rows as the first has; accept "
                        + "'text/csv; output=NAME'")
            }
            columns.append((name, tensor))
        }
        for row in 0..<rows {
            for (place, column) in columns.enumerated() {
                if place > 0 { text.raw(",") }
                do throws(TensorError) {
                    try text.csvFields(column.tensor, row: row)
                } catch {
                    throw RequestFault(.unsupported, "output '\(column.name)': \(error.message)")
                }
            }
            text.raw("\n")
        }
    }

    /// Writes a line for each row: a value, or an object from the outputs' names to values.
    func encodeLines(into text: inout JSONWriter) throws(RequestFault) {
        guard let first = outputs.first else { return }
        let rows = try job.output(first).tensor.shape.dimensions.first ?? 1
        var columns: [(name: String, tensor: Tensor)] = []
        for index in outputs { columns.append(try rowOutput(index, rows: rows)) }
        for row in 0..<rows {
            if columns.count == 1 {
                try write(columns[0].tensor, columns[0].name, row: row, into: &text)
            } else {
                try writeObject(columns, row: row, into: &text)
            }
            text.raw("\n")
        }
    }

    private func writeObject(
        _ columns: [(name: String, tensor: Tensor)], row: Int, into text: inout JSONWriter
    ) throws(RequestFault) {
        text.raw("{")
        for (place, column) in columns.enumerated() {
            if place > 0 { text.raw(",") }
            text.string(column.name)
            text.raw(":")
            try write(column.tensor, column.name, row: row, into: &text)
        }
        text.raw("}")
    }

    /// Writes the only output as an NPY file.
    func encodeArray(into text: inout JSONWriter) throws(RequestFault) {
        guard let first = outputs.first else { return }
        let (name, tensor) = try job.output(first)
        do throws(TensorError) {
            text.bytes.append(contentsOf: try NPY.encode(tensor))
        } catch {
            throw RequestFault(.unsupported, "output '\(name)': \(error.message)")
        }
    }

    private func open(
        _ key: StaticString, _ text: inout JSONWriter, _ body: (inout JSONWriter) throws(RequestFault) -> Void
    ) throws(RequestFault) {
        text.raw("{\"")
        text.raw(key)
        text.raw("\":")
        try body(&text)
        text.raw("}")
    }

    private func encodeColumns(into text: inout JSONWriter) throws(RequestFault) {
        if outputs.count == 1 {
            let (name, tensor) = try job.output(outputs[0])
            return try write(tensor, name, into: &text)
        }
        text.raw("{")
        for (place, index) in outputs.enumerated() {
            if place > 0 { text.raw(",") }
            let (name, tensor) = try job.output(index)
            text.string(name)
            text.raw(":")
            try write(tensor, name, into: &text)
        }
        text.raw("}")
    }

    /// An output that has a row for each row of the request.
    private func rowOutput(_ index: Int, rows: Int) throws(RequestFault) -> (name: String, tensor: Tensor) {
        let (name, tensor) = try job.output(index)
        guard tensor.shape.dimensions.first == rows else {
            throw RequestFault(
                .unsupported,
                "output '\(name)' has shape \(tensor.shape), not one row for each of the request's \(rows); send "
                    + "'inputs' instead of 'instances'")
        }
        return (name, tensor)
    }

    private func write(
        _ tensor: Tensor, _ name: String, row: Int? = nil, into text: inout JSONWriter
    ) throws(RequestFault) {
        do throws(TensorError) {
            try text.nestedData(tensor, row: row, base64: name.hasSuffix("_bytes"))
        } catch {
            throw RequestFault(.unsupported, "output '\(name)': \(error.message)")
        }
    }
}

extension InferenceJob {
    /// An output of the run, with its name.
    func output(_ index: Int) throws(RequestFault) -> (name: String, tensor: Tensor) {
        let name = arm.signature.outputs[index].name
        guard case .tensor(let tensor) = slots[index] else {
            throw RequestFault(.unsupported, "output '\(name)' was not produced")
        }
        return (name, tensor)
    }
}
