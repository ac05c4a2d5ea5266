package import Tensors

/// Which features the tensors of a request have, row by row.
///
/// A tensor of at most `mostElements` elements a row has a feature for each; a wider one four that summarise the row.
/// An output of scores has one more: the class, by the place of the largest.
package struct FeatureLayout: Hashable, Sendable {
    /// Where a tensor goes.
    package enum Role: UInt8, Sendable, Hashable {
        case input = 0
        case output = 1
    }

    /// How a row becomes features.
    package enum View: UInt8, Sendable, Hashable {
        case elements = 0
        case summary = 1
    }

    /// One tensor of a request.
    package struct Source: Hashable, Sendable {
        /// As the signature calls it.
        package var name: String
        /// Whether it comes in or goes out.
        package var role: Role
        /// Whether its elements are compared by size or by what they are.
        package var kind: FeatureSketch.Kind
        /// Elements of a row.
        package var width: Int
        /// How a row becomes features.
        package var view: View
        /// Whether the place of the largest element is a feature.
        package var hasClass: Bool

        /// Features that it has.
        var featureCount: Int { (view == .elements ? width : Self.summaries.count) + (hasClass ? 1 : 0) }

        /// What a wide row is summarised by.
        static let summaries = ["mean", "deviation", "smallest", "largest"]
    }

    /// One feature.
    package struct Feature: Hashable, Sendable {
        /// `images[12]`, `age`, `scores.class`, `picture.mean`.
        package var name: String
        /// Whether it comes in or goes out.
        package var role: Role
        /// What makes two of its values different.
        package var kind: FeatureSketch.Kind
    }

    /// Elements of a row that are watched one by one.
    package static let mostElements = 128
    /// Features in all; tensors beyond are summarised, then left out.
    package static let mostFeatures = 256
    /// Tensors.
    static let mostSources = 64
    /// Bytes of a tensor's name.
    static let longestName = 256
    /// Elements of a row.
    static let widest = 1 << 24
    /// Scores among which the largest is looked for.
    private static let mostClasses = 100_000

    /// Tensor by tensor, inputs first.
    package let sources: [Source]
    /// All features, in the order of `sources`.
    package let features: [Feature]

    init(sources: [Source]) {
        self.sources = sources
        features = sources.flatMap(Self.features)
    }

    /// - Parameters:
    ///   - inputs: a request's tensors by name.
    ///   - rows: the first dimension of all of them; tensors that have another one are left out.
    package init(inputs: [(name: String, tensor: Tensor)], outputs: [(name: String, tensor: Tensor)], rows: Int) {
        var sources: [Source] = []
        var count = 0
        for (role, tensors) in [(Role.input, inputs), (.output, outputs)] {
            for (name, tensor) in tensors where sources.count < Self.mostSources {
                guard var source = Self.source(name, tensor, role, rows: rows) else { continue }
                if count + source.featureCount > Self.mostFeatures { source.view = .summary }
                guard count + source.featureCount <= Self.mostFeatures,
                    !(source.view == .summary && source.kind == .category)
                else { continue }
                count += source.featureCount
                sources.append(source)
            }
        }
        self.init(sources: sources)
    }

    /// One input of numbers, for simulations.
    package init(numbers width: Int, named name: String) {
        self.init(sources: [
            Source(
                name: name, role: .input, kind: .number, width: min(max(1, width), Self.mostElements), view: .elements,
                hasClass: false)
        ])
    }

    private static func source(_ name: String, _ tensor: Tensor, _ role: Role, rows: Int) -> Source? {
        guard rows > 0, tensor.rowCount == rows, name.utf8.count <= longestName else { return nil }
        let width = tensor.shape.elementCount / rows
        let isText = tensor.elementType == .string
        guard width > 0, width <= widest, isText || tensor.elementType.isMeasurable else { return nil }
        let isCategory = isText || tensor.elementType == .bool
        let hasClass =
            role == .output && tensor.elementType.isFloatingPoint && width > 1 && width <= mostClasses
        return Source(
            name: name, role: role, kind: isCategory ? .category : .number, width: width,
            view: width <= mostElements ? .elements : .summary, hasClass: hasClass)
    }

    private static func features(of source: Source) -> [Feature] {
        let names =
            switch source.view {
            case .summary: Source.summaries.map { "\(source.name).\($0)" }
            case .elements where source.width == 1: [source.name]
            case .elements: (0..<source.width).map { "\(source.name)[\($0)]" }
            }
        let own = names.map { Feature(name: $0, role: source.role, kind: source.kind) }
        guard source.hasClass else { return own }
        return own + [Feature(name: "\(source.name).class", role: source.role, kind: .category)]
    }
}

extension ElementType {
    /// Whether its elements are numbers that a `Double` can stand for.
    fileprivate var isMeasurable: Bool { bitWidth >= 8 && self != .complex64 && self != .complex128 }
}
