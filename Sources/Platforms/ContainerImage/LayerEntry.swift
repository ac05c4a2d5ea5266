/// One thing in a layer of a container image.
package struct LayerEntry: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case directory
        /// Bytes made here.
        case bytes([UInt8])
        /// The content of a file of this machine; a link is followed.
        case file(path: String)
        /// A symbolic link to another place in the image.
        case link(to: String)
    }

    /// Where it lies in the image: without a slash at the beginning or the end.
    package var path: String
    package var content: Content
    /// Permission bits.
    package var mode: Int

    package init(_ path: String, _ content: Content, mode: Int? = nil) {
        self.path = path
        self.content = content
        self.mode = mode ?? (content == .directory ? 0o755 : 0o644)
    }

    /// The entries in the order in which they are written: sorted by path, each after the directories that lead to it,
    /// which are added where they are missing.
    ///
    /// - Throws: `PlatformError.Code.invalid` for two of one path, or a path that leads out of the image.
    static func ordered(_ entries: [LayerEntry]) throws(PlatformError) -> [LayerEntry] {
        var byPath: [String: LayerEntry] = [:]
        for entry in entries {
            let parts = entry.path.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(0) }) else {
                throw PlatformError(.invalid, "'\(entry.path)' is no path of a file in an image")
            }
            if let other = byPath.updateValue(entry, forKey: entry.path), other != entry {
                throw PlatformError(.invalid, "two different things are to be at '\(entry.path)' of the image")
            }
            for length in 1..<max(parts.count, 1) {
                let parent = parts[..<length].joined(separator: "/")
                if byPath[parent] == nil { byPath[parent] = LayerEntry(parent, .directory) }
            }
        }
        // By the bytes of the parts: a directory comes before what is in it.
        return byPath.values.sorted { left, right in
            Array(left.path.utf8).lexicographicallyPrecedes(Array(right.path.utf8))
        }
    }
}
