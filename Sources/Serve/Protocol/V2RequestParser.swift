import Tensors

/// Reads the JSON of an inference request, tensor data straight into pooled memory.
///
/// Source: Open Inference Protocol, REST, and Triton's binary tensor data extension.
struct V2RequestParser {
    private let bytes: UnsafeRawBufferPointer
    private let arm: LiveArm
    private let pool: BufferPool
    /// Whether tensors may follow the JSON.
    private let allowsBinary: Bool

    private var scanner: JSONScanner
    private var request = V2Request()
    private var requestedOutputs: [(index: Int, parameters: V2Parameters.Output)] = []
    private var parameters = V2Parameters()

    init(_ bytes: UnsafeRawBufferPointer, arm: LiveArm, pool: BufferPool, allowsBinary: Bool) {
        self.bytes = bytes
        self.arm = arm
        self.pool = pool
        self.allowsBinary = allowsBinary
        scanner = JSONScanner(bytes)
    }

    /// - Throws: `RequestFault`, `JSONError` or `TensorError`.
    mutating func parse() throws -> V2Request {
        var hasInputs = false
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "id": if try !skipNull() { request.id = try scanner.string() }
            case "parameters": if try !skipNull() { parameters = try V2Parameters(request: &scanner) }
            case "outputs": if try !skipNull() { try readOutputs() }
            case "inputs":
                try checkIsFirst(hasInputs)
                hasInputs = true
                try readInputs()
            case _ where TableParser.holds(key):
                try checkIsFirst(hasInputs)
                hasInputs = true
                try readTable(key.text)
            default: try scanner.skip()
            }
        }
        try scanner.finish()
        guard hasInputs else { throw RequestFault(.invalidInput, "the request has no 'inputs'") }
        request.timeout = parameters.timeout
        request.priority = parameters.priority
        request.sequence = parameters.sequence.request
        try chooseOutputs()
        return request
    }

    private func checkIsFirst(_ hasInputs: Bool) throws(RequestFault) {
        guard !hasInputs else {
            throw RequestFault(.invalidInput, "the request has both 'inputs' and a table; give one of them")
        }
    }

    /// Reads a table, which takes the place of `inputs`.
    private mutating func readTable(_ key: String) throws {
        let table = try TableParser(bytes, arm: arm, pool: pool).parse(key, &scanner)
        request.inputs = table.inputs.enumerated().map { index, tensor in
            V2Request.Input(
                index: index, elementType: tensor.elementType, shape: tensor.shape, elements: .tensor(tensor))
        }
    }

    /// Moves past a `null`, which some clients write for what they leave out.
    private mutating func skipNull() throws -> Bool {
        guard try scanner.peek() == .null else { return false }
        try scanner.null()
        return true
    }
}

// MARK: - Inputs

/// The members of one input, as far as they were read.
private struct InputFields {
    var name: String?
    var type: ElementType?
    var shape: Shape?
    var parameters = V2Parameters.Input()
    /// Where `data` begins, when it came before what is needed to read it.
    var dataOffset: Int?
    var tensor: (index: Int, Tensor)?
}

extension V2RequestParser {
    private mutating func readInputs() throws {
        try scanner.beginArray()
        while try scanner.nextElement() {
            let input = try readInput()
            if request.inputs.contains(where: { $0.index == input.index }) { throw arm.duplicate(input.index) }
            request.inputs.append(input)
        }
    }

    private mutating func readInput() throws -> V2Request.Input {
        var fields = InputFields()
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "name": fields.name = try scanner.string()
            case "datatype": fields.type = try readDatatype()
            case "shape": fields.shape = try readShape()
            case "parameters": if try !skipNull() { fields.parameters = try V2Parameters.input(&scanner) }
            case "data": try readData(&fields)
            default: try scanner.skip()
            }
        }
        return try finish(fields)
    }

    private mutating func readDatatype() throws -> ElementType {
        let name = try scanner.string()
        guard let type = ElementType(protocolName: name) else {
            throw RequestFault(.invalidInput, "the protocol has no datatype '\(name.shortened)'")
        }
        return type
    }

    private mutating func readShape() throws -> Shape {
        var dimensions: [Int] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard dimensions.count < Shape.maximumRank else {
                throw RequestFault(.invalidInput, "a shape has more than \(Shape.maximumRank) dimensions")
            }
            dimensions.append(try scanner.int())
        }
        return try Shape(dimensions)
    }

    private mutating func readData(_ fields: inout InputFields) throws {
        if let name = fields.name, let type = fields.type, let shape = fields.shape {
            fields.tensor = try readTensor(name, type, shape, &scanner)
        } else {
            // A first look only at where the value is; it is read when the input's other members are known.
            _ = try scanner.peek()
            fields.dataOffset = scanner.position
            try scanner.skip()
        }
    }

    private mutating func finish(_ fields: InputFields) throws -> V2Request.Input {
        guard let name = fields.name else { throw RequestFault(.invalidInput, "an input has no 'name'") }
        guard let type = fields.type, let shape = fields.shape else {
            throw RequestFault(.invalidInput, "input '\(name.shortened)' has no 'datatype' or no 'shape'")
        }
        let hasData = fields.tensor != nil || fields.dataOffset != nil
        if let shared = fields.parameters.shared {
            guard !hasData, fields.parameters.binarySize == nil else {
                throw RequestFault(
                    .invalidInput,
                    "input '\(name.shortened)' is in shared memory, and has 'data' or 'binary_data_size' as well")
            }
            let index = try arm.check(input: name, type, shape)
            return V2Request.Input(index: index, elementType: type, shape: shape, elements: .shared(shared))
        }
        guard hasData != (fields.parameters.binarySize != nil) else {
            throw RequestFault(
                .invalidInput,
                "input '\(name.shortened)' has \(hasData ? "both 'data' and" : "neither 'data' nor") 'binary_data_size'; "
                    + "give one of them")
        }
        if let (index, tensor) = fields.tensor {
            return V2Request.Input(index: index, elementType: type, shape: shape, elements: .tensor(tensor))
        }
        if let size = fields.parameters.binarySize { return try binaryInput(name, type, shape, size) }
        var later = JSONScanner(bytes, offset: fields.dataOffset ?? 0)
        let (index, tensor) = try readTensor(name, type, shape, &later)
        return V2Request.Input(index: index, elementType: type, shape: shape, elements: .tensor(tensor))
    }

    private func readTensor(
        _ name: String, _ type: ElementType, _ shape: Shape, _ scanner: inout JSONScanner
    ) throws -> (index: Int, Tensor) {
        let index = try arm.check(input: name, type, shape)
        do {
            return (index, try elements(type, shape, &scanner, takesMissing: arm.isColumn(index)))
        } catch {
            throw RequestFault.inInput(name, error)
        }
    }

    private func elements(
        _ type: ElementType, _ shape: Shape, _ scanner: inout JSONScanner, takesMissing: Bool
    ) throws -> Tensor {
        guard type.isJSON else {
            throw RequestFault(
                .invalidInput, "\(type.displayName) elements cannot be sent as JSON; send them as binary data")
        }
        // The shortest elements are a digit and a comma: a larger promise is refused before memory is taken for it.
        let most = (bytes.count - scanner.position) / 2 + 1
        guard shape.elementCount <= most else {
            throw RequestFault(
                .invalidInput, "shape \(shape) needs \(shape.elementCount) elements, but 'data' has fewer")
        }
        if type == .string {
            return try Tensor(shape, strings: try scanner.stringElements(shape, takesMissing: takesMissing))
        }
        let count = try shape.byteCount(of: type)
        guard let buffer = pool.buffer(count) else { throw RequestFault.exhausted }
        try scanner.tensorElements(
            type, shape, into: UnsafeMutableRawBufferPointer(start: buffer.base, count: count),
            takesMissing: takesMissing)
        return try Tensor(type, shape, buffer: buffer)
    }

    private func binaryInput(
        _ name: String, _ type: ElementType, _ shape: Shape, _ size: Int
    ) throws -> V2Request.Input {
        guard allowsBinary else {
            throw RequestFault(
                .invalidInput,
                "input '\(name.shortened)' has 'binary_data_size', but the request has no "
                    + "Inference-Header-Content-Length")
        }
        let index = try arm.check(input: name, type, shape)
        if type != .string {
            let needed = try shape.byteCount(of: type)
            guard size == needed else {
                throw RequestFault(
                    .invalidInput,
                    "input '\(name.shortened)': \(type.displayName) \(shape) needs \(needed) bytes, but "
                        + "'binary_data_size' is \(size)")
            }
        }
        return V2Request.Input(index: index, elementType: type, shape: shape, elements: .binary(size))
    }
}

// MARK: - Outputs

extension V2RequestParser {
    private mutating func readOutputs() throws {
        try scanner.beginArray()
        while try scanner.nextElement() {
            let output = try readOutput()
            guard !requestedOutputs.contains(where: { $0.index == output.index }) else {
                throw RequestFault(
                    .invalidInput, "output '\(arm.signature.outputs[output.index].name)' is requested twice")
            }
            requestedOutputs.append(output)
        }
    }

    private mutating func readOutput() throws -> (index: Int, parameters: V2Parameters.Output) {
        var name: String?
        var parameters = V2Parameters.Output()
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "name": name = try scanner.string()
            case "parameters": if try !skipNull() { parameters = try V2Parameters.output(&scanner) }
            default: try scanner.skip()
            }
        }
        guard let name else { throw RequestFault(.invalidInput, "a requested output has no 'name'") }
        guard let index = arm.output(name) else {
            let names = arm.signature.outputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw RequestFault(
                .invalidInput, "model '\(arm.endpoint)' has no output '\(name.shortened)'; its outputs are \(names)")
        }
        return (index, parameters)
    }

    /// Settles which outputs are wanted and in which form, now that the request's default is known.
    private mutating func chooseOutputs() throws {
        if requestedOutputs.isEmpty { requestedOutputs = arm.signature.outputs.indices.map { ($0, .init()) } }
        for (index, wish) in requestedOutputs {
            let output = V2Request.Output(
                index: index, isBinary: wish.shared != nil || wish.isBinary ?? parameters.binaryOutputs,
                classification: wish.classification, shared: wish.shared)
            try arm.checkForm(of: output)
            request.outputs.append(output)
        }
    }
}

extension LiveArm {
    /// - Throws: `RequestFault.Code.unsupported` when the output's type cannot travel in the form asked for.
    func checkForm(of output: V2Request.Output) throws(RequestFault) {
        let spec = signature.outputs[output.index]
        if output.classification > 0 {
            guard spec.elementType.isNumeric else {
                throw RequestFault(
                    .unsupported,
                    "output '\(spec.name)' is \(spec.elementType.displayName); a classification needs numbers")
            }
            return
        }
        guard spec.elementType.protocolName != nil else {
            throw RequestFault(
                .unsupported,
                "output '\(spec.name)' is \(spec.elementType.displayName), for which the protocol has no datatype")
        }
        guard output.isBinary || spec.elementType.isJSON else {
            throw RequestFault(
                .unsupported,
                "output '\(spec.name)' is \(spec.elementType.displayName), which JSON cannot carry; ask for it with "
                    + "\"binary_data\": true")
        }
    }
}
