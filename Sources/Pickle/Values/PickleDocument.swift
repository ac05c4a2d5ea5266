/// All values of one stream, and every name that reading it in Python would import.
package struct PickleDocument: Sendable {
    /// By place.
    var values: [PickleValue]
    /// What the stream stands for.
    package let root: PickleID
    /// In the order of the stream.
    package let globals: [GlobalUse]
    /// The protocol that the stream declares; 0 or 1 where it declares none.
    package let version: Int
    /// Where the stream ends in its bytes.
    package let end: Int

    /// The value at a place.
    package subscript(id: PickleID) -> PickleValue {
        values.indices.contains(Int(id.index)) ? values[Int(id.index)] : .none
    }

    /// The root, to be read from.
    package var view: PickleView { PickleView(self, root) }
}
