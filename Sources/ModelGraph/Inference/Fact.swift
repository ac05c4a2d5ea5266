import Tensors

/// What is known of one value: its type, and where it is small and takes part in shape computations, its elements.
struct Fact: Sendable {
    var type: TypeFact
    /// The elements, where a rule worked them out.
    var value: KnownValue?
    /// The constant that it is. Its elements are read only when a rule asks for them.
    var constant: TensorValue?

    static let unknown = Fact(.unknown)

    init(_ type: TypeFact, value: KnownValue? = nil) {
        self.type = type
        self.value = value
    }

    /// A dense tensor; `nil` sizes where not even the rank is known.
    static func tensor(_ element: ElementType?, _ sizes: [Size]?) -> Fact { Fact(.tensor(element, sizes)) }

    /// A dense tensor whose elements are known, where `value` is.
    static func tensor(_ element: ElementType?, _ sizes: [Size]?, _ value: KnownValue?) -> Fact {
        Fact(.tensor(element, sizes), value: value)
    }

    /// A constant of the file.
    init(constant: TensorValue) {
        self.init(
            .tensor(
                constant.elementType,
                constant.dimensions.allSatisfy({ $0 >= 0 }) ? constant.dimensions.map { .fixed(Int($0)) } : nil))
        self.constant = constant
    }

    /// The elements, if they are known and few.
    var knownValue: KnownValue? { value ?? constant.flatMap { KnownValue($0) } }
}

/// The elements of a small tensor, known before anything runs.
struct KnownValue: Hashable, Sendable {
    /// Whole numbers and truth values (0 and 1), perhaps by name; or fractions.
    enum Elements: Hashable, Sendable {
        case integers([Size])
        case reals([Double])
    }

    /// More elements are not a shape, and not followed.
    static let mostElements = 1024

    /// Row-major; their product is the number of elements.
    let dimensions: [Int]
    let elements: Elements

    /// `nil` when the count is not that of the dimensions, or over the limit.
    init?(_ dimensions: [Int], integers: [Size]) {
        guard Self.fits(dimensions, integers.count) else { return nil }
        self.dimensions = dimensions
        elements = .integers(integers)
    }

    init?(_ dimensions: [Int], reals: [Double]) {
        guard Self.fits(dimensions, reals.count) else { return nil }
        self.dimensions = dimensions
        elements = .reals(reals)
    }

    /// One dimension of whole numbers.
    init?(_ integers: [Size]) {
        self.init([integers.count], integers: integers)
    }

    /// The elements of a constant, unless they are many, or in another file, or neither numbers nor truth values.
    init?(_ tensor: TensorValue) {
        guard let count = tensor.elementCount, count <= Self.mostElements, !tensor.isExternal,
            let tensor = try? tensor.tensor()
        else { return nil }
        let dimensions = tensor.shape.dimensions
        switch tensor.elementType {
        case .float32, .float64, .float16, .bfloat16:
            guard let wide = try? tensor.converted(to: .float64), let values = wide.values(as: Double.self) else {
                return nil
            }
            self.init(dimensions, reals: values)
        case .int64, .int32, .int16, .int8, .uint8, .uint16, .uint32:
            guard let wide = try? tensor.converted(to: .int64), let values = wide.values(as: Int64.self) else {
                return nil
            }
            self.init(dimensions, integers: values.map { .fixed(Int($0)) })
        case .bool:
            guard let values = tensor.values(as: UInt8.self) else { return nil }
            self.init(dimensions, integers: values.map { .fixed($0 == 0 ? 0 : 1) })
        default: return nil
        }
    }

    private static func fits(_ dimensions: [Int], _ count: Int) -> Bool {
        guard count <= mostElements, dimensions.allSatisfy({ $0 >= 0 }) else { return false }
        return dimensions.map(Size.fixed).product == .fixed(count)
    }

    var count: Int {
        switch elements {
        case .integers(let values): values.count
        case .reals(let values): values.count
        }
    }

    var integers: [Size]? { if case .integers(let values) = elements { values } else { nil } }
    var reals: [Double]? { if case .reals(let values) = elements { values } else { nil } }

    /// The elements as fractions, when all are numbers.
    var numbers: [Double]? {
        switch elements {
        case .reals(let values): return values
        case .integers(let values):
            let fixed = values.compactMap(\.fixed)
            return fixed.count == values.count ? fixed.map(Double.init) : nil
        }
    }

    /// The same elements in other dimensions; `nil` when the count differs.
    func reshaped(_ dimensions: [Int]) -> KnownValue? {
        switch elements {
        case .integers(let values): KnownValue(dimensions, integers: values)
        case .reals(let values): KnownValue(dimensions, reals: values)
        }
    }

    /// The elements at these indices along each axis.
    func picking(along indices: [[Int]]) -> KnownValue? {
        guard indices.count == dimensions.count else { return nil }
        return picking(indices, strides: strides)
    }

    /// The same elements with the axes in another order, a permutation of theirs.
    func transposed(_ order: [Int]) -> KnownValue? {
        // Without elements a dimension may be of any size.
        guard count > 0 else { return reshaped(order.map { dimensions[$0] }) }
        return picking(order.map { Array(0..<dimensions[$0]) }, strides: order.map { strides[$0] })
    }

    /// How far apart neighbours along each axis are. Only for values with elements: their product is small.
    private var strides: [Int] {
        guard count > 0 else { return dimensions.map { _ in 0 } }
        var rest = count
        return dimensions.map { size in
            rest /= size
            return rest
        }
    }

    private func picking(_ indices: [[Int]], strides: [Int]) -> KnownValue? {
        let positions = zip(indices, strides).reduce([0]) { starts, axis in
            starts.flatMap { start in axis.0.map { start + $0 * axis.1 } }
        }
        return picking(positions, dimensions: indices.map(\.count))
    }

    /// The elements at these positions, as another tensor.
    func picking(_ positions: [Int], dimensions: [Int]) -> KnownValue? {
        guard positions.allSatisfy({ (0..<count).contains($0) }) else { return nil }
        return switch elements {
        case .integers(let values): KnownValue(dimensions, integers: positions.map { values[$0] })
        case .reals(let values): KnownValue(dimensions, reals: positions.map { values[$0] })
        }
    }
}
