import Tensors

/// Operators on strings.
enum TextRules {
    static let table: [String: InferenceRule] = [
        "StringNormalizer": { facts in
            guard var sizes = facts.sizes(0), !sizes.isEmpty else { return [.tensor(.string, nil)] }
            // Words to leave out make the last axis shorter.
            if facts.attributes["stopwords"] != nil { sizes[sizes.count - 1] = .unknown }
            return [.tensor(.string, sizes)]
        },
        "StringConcat": { facts in
            [.tensor(.string, try Broadcasting.sizes([facts.sizes(0), facts.sizes(1)]))]
        },
        "RegexFullMatch": { facts in [.tensor(.bool, facts.sizes(0))] },
        "StringSplit": { facts in
            [.tensor(.string, facts.sizes(0).map { $0 + [.unknown] }), .tensor(.int64, facts.sizes(0))]
        },
        "TfIdfVectorizer": { facts in
            let columns = facts.ints("ngram_indexes")?.max().map { $0.addingReportingOverflow(1) }
            let width: Size = columns.flatMap { $0.overflow ? nil : .fixed($0.partialValue) } ?? .unknown
            return [.tensor(.float32, facts.sizes(0).map { $0.dropLast() + [width] })]
        },
    ]
}
