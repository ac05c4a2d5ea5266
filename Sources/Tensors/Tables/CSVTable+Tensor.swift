extension CSVTable {
    /// The column of this name.
    ///
    /// - Throws: `TensorError.Code.notFound`, naming the columns there are.
    package func column(named name: String) throws(TensorError) -> Column {
        guard let column = columns.first(where: { $0.name == name }) else {
            let known = columns.prefix(20).map { "'\($0.name)'" }.joined(separator: ", ")
            let rest = columns.count > 20 ? " and \(columns.count - 20) more" : ""
            throw TensorError(.notFound, "no column is named '\(name)'; the table has \(known)\(rest)")
        }
        return column
    }

    /// Numeric columns side by side: FP32 `[rows, columns]`, in the order asked for.
    ///
    /// - Throws: `TensorError.Code.notFound`; `.unsupportedType` naming the first row that is not a number;
    ///   `.outOfRange` naming the first that FP32 cannot hold.
    package func matrix(of names: [String]) throws(TensorError) -> Tensor {
        let shape = try Shape([rowCount, names.count])
        let buffer = TensorBuffer(capacity: try shape.byteCount(of: .float32))
        for (index, name) in names.enumerated() {
            let values = try column(named: name).doubles()
            for row in 0..<rowCount {
                let value = Float(values[row])
                guard value.isFinite || !values[row].isFinite else {
                    throw TensorError(.outOfRange, "column '\(name)', row \(row + 1): FP32 cannot hold the number")
                }
                let offset = (row * names.count + index) * MemoryLayout<Float>.stride
                buffer.mutableBytes.storeBytes(of: value, toByteOffset: offset, as: Float.self)
            }
        }
        return try Tensor(.float32, shape, buffer: buffer)
    }
}

extension CSVTable.Column {
    /// The column as a tensor of shape `[rows]`: INT64, FP64 or BYTES, as its values are.
    package func tensor() throws(TensorError) -> Tensor {
        switch values {
        case .integers(let integers): try Tensor(.int64, try Shape([integers.count]), values: integers)
        case .doubles(let doubles): try Tensor(.float64, try Shape([doubles.count]), values: doubles)
        case .strings(let strings): try Tensor(try Shape([strings.count]), strings: strings)
        }
    }

    /// The values as numbers.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` naming the first row, counted from 1, that is not a number.
    package func doubles() throws(TensorError) -> [Double] {
        switch values {
        case .integers(let integers): return integers.map(Double.init)
        case .doubles(let doubles): return doubles
        case .strings(let strings):
            guard
                let row = (0..<strings.count).first(where: { row in
                    strings[row].withUnsafeBytes { CSVTable.Values.double($0) } == nil
                })
            else { return [] }
            let what = strings[row].isEmpty ? "is empty" : "is not a number"
            throw TensorError(.unsupportedType, "column '\(name)', row \(row + 1) \(what); expected numbers throughout")
        }
    }
}
