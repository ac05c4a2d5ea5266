import Tensors

/// An inference request of the Open Inference Protocol, checked against the model it is for.
struct V2Request {
    /// One input, and where its elements are.
    struct Input {
        enum Elements {
            case tensor(Tensor)
            /// This many bytes that follow the JSON.
            case binary(Int)
            case shared(SharedPart)
        }

        /// Its position in the signature.
        var index: Int
        var elementType: ElementType
        var shape: Shape
        var elements: Elements
    }

    /// One output that was asked for.
    struct Output {
        /// Its position in the signature.
        var index: Int
        var isBinary: Bool
        /// How many of the best classes are given instead of the elements; 0 for the elements.
        var classification = 0
        /// Where its elements are put instead of into the answer.
        var shared: SharedPart?
    }

    var id: String?
    /// In the request's order, which is the order of the binary tensors.
    var inputs: [Input] = []
    /// In the order in which they were asked for.
    var outputs: [Output] = []
    /// Microseconds after which the answer is no longer wanted.
    var timeout: Int?
    var priority = Priority.usual
    /// The sequence that it belongs to.
    var sequence: SequenceRequest?
}

extension LiveArm {
    /// What the sizes beside a 0 may come to in an input.
    private static var largestEmpty: Int { 1 << 20 }

    /// Checks an input's declaration against the signature.
    ///
    /// - Returns: its position in the signature.
    /// - Throws: `RequestFault.Code.invalidInput` that names model, input, what was expected and what was found.
    func check(input name: String, _ type: ElementType, _ shape: Shape) throws(RequestFault) -> Int {
        guard let index = input(name) else {
            let names = signature.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw RequestFault(
                .invalidInput, "model '\(endpoint)' has no input '\(name.shortened)'; its inputs are \(names)")
        }
        let spec = signature.inputs[index]
        // No element pays for these sizes, and whoever counts or writes rows takes them at their word. The product of those that
        // are not 0 fits: `Shape` has seen to that.
        guard shape.elementCount > 0 || shape.dimensions.reduce(1, { $0 * max($1, 1) }) <= Self.largestEmpty else {
            throw RequestFault(
                .invalidInput,
                "model '\(endpoint)', input '\(spec.name)': shape \(shape) has no elements, and sizes beside the 0 of more than "
                    + "\(Self.largestEmpty)")
        }
        // A column is a list of cells, or as a table's part has it, of shape [N, 1].
        let isColumn = isColumn(index) && shape.dimensions.count == 2 && shape.dimensions[1] == 1
        guard spec.elementType == type, spec.accepts(shape) || isColumn else {
            throw RequestFault(
                .invalidInput,
                "model '\(endpoint)' expects input '\(spec.name)' as \(spec.elementType.displayName) "
                    + "\(spec.shapeDescription), got \(type.displayName) \(shape)")
        }
        return index
    }

    /// The tensors in the signature's order.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` for an input given twice or not at all.
    func ordered(_ inputs: [(index: Int, tensor: Tensor)]) throws(RequestFault) -> [Tensor] {
        if inputs.count == 1, signature.inputs.count == 1 { return [inputs[0].tensor] }
        var places = [Tensor?](repeating: nil, count: signature.inputs.count)
        for (index, tensor) in inputs {
            guard places[index] == nil else { throw duplicate(index) }
            places[index] = tensor
        }
        var tensors: [Tensor] = []
        for (place, spec) in zip(places, signature.inputs) {
            guard let tensor = place else {
                throw RequestFault(
                    .invalidInput,
                    "model '\(endpoint)' expects input '\(spec.name)' as \(spec.elementType.displayName) "
                        + "\(spec.shapeDescription), got none")
            }
            tensors.append(tensor)
        }
        return tensors
    }

    func duplicate(_ index: Int) -> RequestFault {
        RequestFault(.invalidInput, "input '\(signature.inputs[index].name)' is given twice")
    }
}

extension ElementType {
    /// Whether JSON `data` can carry it; the others travel in binary form only.
    var isJSON: Bool {
        switch self {
        case .bool, .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64, .float32, .float64, .string: true
        default: false
        }
    }
}
