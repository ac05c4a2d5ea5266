import Tensors

/// The inputs of a request whose shapes are not declared: elements are collected value by value, and the shape follows
/// from how they are nested.
struct InputElements {
    private let arm: LiveArm
    private let pool: BufferPool
    /// As many elements as the text can have.
    private let most: Int
    /// One for each input of the signature, once it has a value.
    private var elements: [NestedElements?]

    /// - Parameter textBytes: bytes of the JSON that the elements are in. The shortest are a digit and a comma.
    init(arm: LiveArm, pool: BufferPool, textBytes: Int) {
        self.arm = arm
        self.pool = pool
        most = textBytes / 2 + 1
        elements = [NestedElements?](repeating: nil, count: arm.signature.inputs.count)
    }

    /// Values that an input has so far.
    func valueCount(_ index: Int) -> Int { elements[index]?.valueCount ?? 0 }

    /// Reads the next value of an input.
    ///
    /// - Parameter place: where the value is, for messages.
    mutating func read(
        _ index: Int, _ scanner: inout JSONScanner, place: @autoclosure () -> String
    ) throws(RequestFault) {
        if elements[index] == nil { elements[index] = try makeElements(index) }
        do throws(JSONError) {
            try elements[index]?.read(&scanner)
        } catch {
            if error.code == .noMemory { throw .exhausted }
            throw .inInput(arm.signature.inputs[index].name, error.located(in: place()))
        }
    }

    /// Takes the next value of an input as missing, where it is a column.
    mutating func readMissing(_ index: Int, place: @autoclosure () -> String) throws(RequestFault) {
        if elements[index] == nil { elements[index] = try makeElements(index) }
        do throws(JSONError) {
            try elements[index]?.readMissing()
        } catch {
            if error.code == .noMemory { throw .exhausted }
            throw .inInput(arm.signature.inputs[index].name, error.located(in: place()))
        }
    }

    private func makeElements(_ index: Int) throws(RequestFault) -> NestedElements {
        let type = arm.signature.inputs[index].elementType
        let takesMissing = arm.isColumn(index)
        guard type.isJSON, type != .string else {
            return NestedElements(type, memory: nil, takesMissing: takesMissing)
        }
        guard let lease = pool.lease(most * (type.bitWidth / 8)) else { throw .exhausted }
        return NestedElements(type, memory: lease, takesMissing: takesMissing)
    }

    /// The tensors of all inputs, in the signature's order.
    ///
    /// - Parameters:
    ///   - rows: how many values, one for each row, every input has; `nil` when each has one value that is all of it.
    ///   - isLenient: takes single values for an input with one column, and lists of one for an input without columns.
    /// - Throws: `RequestFault.Code.invalidInput` for a shape that the model does not take, and for missing inputs.
    func tensors(rows: Int?, isLenient: Bool = false) throws(RequestFault) -> [Tensor] {
        var tensors: [(index: Int, tensor: Tensor)] = []
        tensors.reserveCapacity(elements.count)
        for (index, found) in elements.enumerated() {
            guard let found else { continue }
            tensors.append((index, try tensor(index, found, rows: rows, isLenient: isLenient)))
        }
        return try arm.ordered(tensors)
    }

    private func tensor(
        _ index: Int, _ found: NestedElements, rows: Int?, isLenient: Bool
    ) throws(RequestFault) -> Tensor {
        let spec = arm.signature.inputs[index]
        do {
            var sizes = found.dimensions ?? []
            if let rows { sizes.insert(rows, at: 0) }
            if isLenient, let declared = spec.dimensions { Self.adapt(&sizes, to: declared) }
            let shape = try Shape(sizes)
            _ = try arm.check(input: spec.name, spec.elementType, shape)
            return try found.tensor(shape)
        } catch {
            throw RequestFault.inInput(spec.name, error)
        }
    }

    /// Tables have no nesting: one value a row stands for `[N]` and for `[N, 1]`.
    private static func adapt(_ sizes: inout [Int], to declared: [Dimension]) {
        if sizes.count == 1, declared.count == 2, declared[1].size ?? 1 == 1 {
            sizes.append(1)
        } else if sizes.count == 2, sizes[1] == 1, declared.count == 1 {
            sizes.removeLast()
        }
    }
}

extension Lease: ChargedMemory {}
