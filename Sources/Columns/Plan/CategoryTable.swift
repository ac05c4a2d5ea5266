/// Categories by what stands in a cell.
struct CategoryTable: Sendable {
    private var numbers: [Double: Int] = [:]
    private var texts: [ArraySlice<UInt8>: Int] = [:]
    /// The category of missing values, where there is one.
    private(set) var missing: Int?

    /// - Throws: `ColumnError.Code.invalidDeclaration` for categories of the wrong kind, and for any that come twice.
    init(_ categories: [ColumnRecipe.Cell?], isText: Bool) throws(ColumnError) {
        guard !categories.isEmpty else { throw .declaration("has no categories") }
        for (index, category) in categories.enumerated() {
            let earlier: Int?
            switch category {
            case .number(let number)? where !isText: earlier = numbers.updateValue(index, forKey: number)
            case .text(let text)? where isText: earlier = texts.updateValue(index, forKey: Array(text.utf8)[...])
            case nil:
                earlier = missing
                missing = index
            case let category?:
                throw .declaration("category \(category.shown) is \(isText ? "no text" : "no number"), as others are")
            }
            guard earlier == nil else { throw .declaration("category \(category?.shown ?? "null") comes twice") }
        }
    }

    func index(of number: Double) -> Int? { numbers[number] }

    func index(of text: ArraySlice<UInt8>) -> Int? { texts[text] }
}
