package import Tensors

/// The type and sizes of an input that a program does not say: `N,1,28,28` or `N,12:INT64`.
package struct InputShape: Hashable, Sendable {
    package var type: ElementType
    package var sizes: [Dimension]

    package init(_ type: ElementType = .float32, _ sizes: [Dimension]) {
        self.type = type
        self.sizes = sizes
    }

    /// Reads what a person writes; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let list = parts.first else { return nil }
        type = .float32
        if parts.count == 2 {
            guard let named = ElementType(protocolName: parts[1].uppercased()) else { return nil }
            type = named
        }
        sizes = []
        if list.isEmpty { return }
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            if let size = Int(word) {
                guard (0...TensorMetadata.largestSize).contains(size) else { return nil }
                sizes.append(.fixed(size))
            } else {
                let isName = word.utf8.allSatisfy {
                    UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == UInt8(ascii: "_")
                }
                guard isName, !word.isEmpty, word.utf8.count <= 64 else { return nil }
                sizes.append(.symbol(String(word)))
            }
        }
        guard sizes.count <= Shape.maximumRank else { return nil }
    }
}
