/// Words for people.
extension ColumnRecipe {
    /// Such as `38 (median)`, for what stands in the place of missing values.
    package var missingText: String {
        if case .isMissing = encoding { return "is what it tells" }
        if let imputation {
            let origin = imputation.origin == .constant ? "" : " (\(imputation.origin.words))"
            return imputation.value.shown + origin
        }
        return keepsMissing ? "stays missing" : "refused"
    }

    /// Such as `(x - 38.6) / 13.6`, for what cells become.
    package var encodingText: String {
        switch encoding {
        case .number: "the number"
        case .standardise(let mean, let std): "(x - \(mean)) / \(std)"
        case .minMax(let minimum, let maximum, let low, let high, let clips):
            "\(minimum) to \(maximum) laid on \(low) to \(high)\(clips ? ", clipped" : "")"
        case .bins(let edges, let isOneHot):
            (isOneHot ? "one number for each of " : "index of ")
                + "\(edges.count - 1) bins between \(Self.listed(edges.map { "\($0)" }))"
        case .oneHot(let categories, let unknown, let dropped):
            "one number for each of \(Self.listed(categories.map { $0?.shown ?? "missing" }))"
                + (dropped.flatMap { categories[$0] }.map { ", but \($0.shown)" } ?? "") + unknown.words
        case .ordinal(let categories, let unknown):
            "index among \(Self.listed(categories.map { $0?.shown ?? "missing" }))" + unknown.words
        case .isMissing: "1 where it is missing"
        }
    }

    private static func listed(_ words: [String]) -> String {
        words.count > 8
            ? "\(words.prefix(6).joined(separator: ", ")) … (\(words.count))" : words.joined(separator: ", ")
    }
}

extension ColumnRecipe.Imputation.Origin {
    fileprivate var words: String { self == .mostFrequent ? "most frequent" : rawValue }
}

extension ColumnRecipe.Unknown {
    fileprivate var words: String {
        switch self {
        case .refused: ""
        case .ignored: "; others give zeros"
        case .number(let number): "; others give \(number)"
        }
    }
}
