/// A name that the unpickler would import, and whether it would call it.
package struct GlobalUse: Hashable, Sendable {
    /// The module, such as `os`.
    package var module: String
    /// What it would take from it, such as `system`.
    package var name: String
    /// Where the name stands first, in bytes from the stream's beginning.
    package var position: Int
    /// Whether it would be called as well; a class is called to make an object.
    package var isCalled: Bool
    /// How often it is used.
    package var count: Int

    /// `os.system`.
    package var fullName: String { "\(module).\(name)" }
}
