/// The samples of a page in Prometheus' text format.
package struct Exposition {
    private let samples: [(name: Substring, line: Substring, value: Double)]

    package init(_ text: String) {
        samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...])
            else { return nil }
            return (line.prefix { $0 != "{" && $0 != " " }, line[..<space], value)
        }
    }

    /// The sum over all series of a name that have these labels; `nil` when there is none.
    package func sum(_ name: String, _ labels: [String] = []) -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.line.contains($0) }
        }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }
}
