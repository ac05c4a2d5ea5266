package import Tensors

/// The answers of an output that are furthest apart, the largest difference first.
package struct LargestDifferences: Hashable, Sendable {
    /// One input on which the answers differ.
    package struct Entry: Hashable, Sendable {
        package var difference: Double
        /// What each answered: a class with its score, or a number.
        package var base: String
        package var candidate: String
        /// The input, where it may be kept.
        package var input: JSONValue?
    }

    /// Entries kept.
    package static let capacity = 5

    package private(set) var entries: [Entry] = []

    package init() {}

    /// Whether an answer with this difference would be kept.
    func wants(_ difference: Double) -> Bool {
        difference > 0 && (entries.count < Self.capacity || difference > (entries.last?.difference ?? 0))
    }

    mutating func add(_ entry: Entry) {
        guard wants(entry.difference) else { return }
        let place = entries.firstIndex { $0.difference < entry.difference } ?? entries.count
        entries.insert(entry, at: place)
        if entries.count > Self.capacity { entries.removeLast() }
    }

    package var json: JSONValue {
        .array(
            entries.map { entry in
                var members: [(String, JSONValue)] = [
                    ("difference", .number(entry.difference)), ("base", .string(entry.base)),
                    ("candidate", .string(entry.candidate)),
                ]
                if let input = entry.input { members.append(("input", input)) }
                return .object(members)
            })
    }
}
