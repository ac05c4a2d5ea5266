/// What one version of an operator takes and gives.
struct OperatorSchema: Sendable {
    /// One attribute that the operator knows.
    struct Attribute: Sendable {
        let kind: ModelGraph.Attribute.Kind
        let isRequired: Bool
    }

    /// The operator set in which this version begins.
    let since: Int64
    /// How many inputs a node may list, left-out ones counted up to the last that is there.
    let inputs: ClosedRange<Int>
    let outputs: ClosedRange<Int>
    let attributes: [String: Attribute]
    /// Whether the operator is gone from here on.
    let isRemoved: Bool
}

/// The operators of one domain, by name; each with its versions in ascending order.
struct OperatorTable: Sendable {
    let domain: String
    /// The newest operator set the table knows.
    let newest: Int64
    private let versions: [String: [OperatorSchema]]

    /// Reads lines of `Name since inputs outputs attribute:kind…`, a required attribute with `!`. A line that begins
    /// with a space goes on with the one before. The text is ours: a line that cannot be read is left out, and a test
    /// counts them.
    init(domain: String, newest: Int64, text: String) {
        self.domain = domain
        self.newest = newest
        var versions: [String: [OperatorSchema]] = [:]
        var words: [Substring] = []
        func finish() {
            guard let name = words.first, let schema = OperatorSchema(words.dropFirst()) else { return }
            versions[String(name), default: []].append(schema)
        }
        for line in text.split(separator: "\n") {
            if !line.hasPrefix(" ") {
                finish()
                words = []
            }
            words += line.split(separator: " ")
        }
        finish()
        self.versions = versions
    }

    /// How many operators, and how many versions of them, the table has.
    var size: (operators: Int, versions: Int) {
        (versions.count, versions.values.reduce(0) { $0 + $1.count })
    }

    /// The operators, in order.
    var names: [String] { versions.keys.sorted() }

    /// Every version of an operator, or `nil` when the domain has none of that name.
    subscript(name: String) -> [OperatorSchema]? { versions[name] }
}

extension OperatorSchema {
    /// The words of one line after the name.
    fileprivate init?(_ words: ArraySlice<Substring>) {
        guard let first = words.first, let since = Int64(first) else { return nil }
        let rest = words.dropFirst()
        if rest.first == "removed" {
            self.init(since: since, inputs: 0...0, outputs: 0...0, attributes: [:], isRemoved: true)
            return
        }
        guard rest.count >= 2, let inputs = Self.range(rest[rest.startIndex]),
            let outputs = Self.range(rest[rest.startIndex + 1])
        else { return nil }
        var attributes: [String: Attribute] = [:]
        for word in rest.dropFirst(2) {
            let parts = word.split(separator: ":")
            guard parts.count == 2, let kind = Self.kinds[parts[1].filter { $0 != "!" }] else { return nil }
            attributes[String(parts[0])] = Attribute(kind: kind, isRequired: parts[1].hasSuffix("!"))
        }
        self.init(since: since, inputs: inputs, outputs: outputs, attributes: attributes, isRemoved: false)
    }

    /// `2-3`, or `1-*` for any number.
    private static func range(_ text: Substring) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let low = Int(parts[0]) else { return nil }
        guard let high = parts[1] == "*" ? Int.max : Int(parts[1]), low <= high else { return nil }
        return low...high
    }

    private static let kinds = Dictionary(
        uniqueKeysWithValues: ModelGraph.Attribute.Kind.allCases.map { (String(describing: $0), $0) })
}
