/// Finds what is whole: what looked the same at two looks, one after the other.
package struct FolderTracker: Sendable {
    private var before: [String: String] = [:]

    package init() {}

    /// - Parameter taken: what was dealt with, by name and stamp.
    /// - Returns: what is whole and was not dealt with, the newest first.
    package mutating func whole(_ items: [FolderLook.Item], taken: [String: String]) -> [FolderLook.Item] {
        defer { before = Dictionary(items.map { ($0.name, $0.stamp) }) { $1 } }
        return items.filter { taken[$0.name] != $0.stamp && before[$0.name] == $0.stamp }
            .sorted { $0.isNewer(than: $1) }
    }
}
