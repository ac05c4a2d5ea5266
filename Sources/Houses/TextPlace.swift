/// Where something stands in a text, for people.
package struct TextPlace: Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// Bytes from the beginning of the line, from 1.
    package var column: Int

    /// A place in a text.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line 3, column 5`.
    package var description: String { "line \(line), column \(column)" }
}
