import Glibc
package import Tensors

/// The class that an answer says, row by row, without asking for memory where scores are floats.
package struct ClassReader: Sendable {
    /// What one row says.
    package struct Row: Hashable, Sendable {
        /// The class, as `key` makes it.
        package var key: UInt64
        /// Before calibration; `nil` where the answer has no scores.
        package var confidence: Double?
    }

    private let decided: Int?
    private let scores: Int?
    private let areProbabilities: Bool
    private let names: [String]
    /// By place: what `key` makes of the class's name.
    private let keys: [UInt64]

    /// Keys of places that are made beforehand.
    private static let mostKeys = 1024

    /// - Parameter names: of the classes by number, where the version has them.
    /// - Returns: `nil` where the signature has no such outputs.
    package init?(_ reading: ClassReading, signature: Signature, names: [String]) {
        decided = reading.decided.flatMap { name in signature.outputs.firstIndex { $0.name == name } }
        scores = reading.scores.flatMap { name in signature.outputs.firstIndex { $0.name == name } }
        guard decided != nil || scores != nil else { return nil }
        areProbabilities = reading.areProbabilities
        self.names = names
        keys = (0..<(decided == nil ? max(names.count, Self.mostKeys) : 0)).map { place in
            Self.key(place < names.count ? names[place] : String(place))
        }
    }

    /// Names of classes made short, the same within a process and nowhere else.
    private static func key(_ name: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(name)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The key of a class by its name.
    package func key(name: String) -> UInt64 { Self.key(name) }

    /// The key of a class by a number: its place among the names, unless a class is called so.
    package func key(number: Int) -> UInt64 {
        let text = String(number)
        if !names.contains(text), names.indices.contains(number) { return Self.key(names[number]) }
        return Self.key(text)
    }

    /// Hands over what each row says, the first `most` of them.
    ///
    /// - Parameter output: the tensor of an output by its position; `nil` where nobody asked for it.
    package func read(most: Int, _ output: (Int) -> Tensor?, _ body: (Int, Row) -> Void) {
        let classes = decided.flatMap(output)
        let shown = scores.flatMap(output)
        // An answer without the class that was decided may still have scores, but not say what was made of them.
        guard classes != nil || (decided == nil && shown != nil) else { return }
        guard let rows = (classes ?? shown)?.shape.dimensions.first, rows > 0 else { return }
        let scored = shown.flatMap { $0.shape.dimensions.first == rows ? $0 : nil }
        for row in 0..<min(rows, most) {
            let best = scored.flatMap { top($0, row: row, of: rows) }
            if let classes {
                guard let key = key(of: classes, row: row, of: rows) else { continue }
                body(row, Row(key: key, confidence: best?.confidence))
            } else if let best {
                body(row, Row(key: key(place: best.place), confidence: best.confidence))
            }
        }
    }

    private func key(place: Int) -> UInt64 { keys.indices.contains(place) ? keys[place] : Self.key(String(place)) }

    private func key(of classes: Tensor, row: Int, of rows: Int) -> UInt64? {
        guard classes.shape.elementCount == rows else { return nil }
        if let strings = classes.strings { return Self.key(String(decoding: strings[row], as: UTF8.self)) }
        let bytes = classes.bytes
        switch classes.elementType {
        case .int64: return Self.key(String(bytes.loadUnaligned(fromByteOffset: row * 8, as: Int64.self)))
        case .int32: return Self.key(String(bytes.loadUnaligned(fromByteOffset: row * 4, as: Int32.self)))
        default:
            guard let value = (try? classes.doubles())?[row], let number = Int(exactly: value) else { return nil }
            return Self.key(String(number))
        }
    }

    /// The largest score, the first of equals, and how sure it is.
    private func top(_ scores: Tensor, row: Int, of rows: Int) -> (place: Int, confidence: Double)? {
        let width = scores.shape.elementCount / rows
        guard width > 1 else { return nil }
        let bytes = scores.bytes
        switch scores.elementType {
        case .float32:
            return top(width) {
                Double(bytes.loadUnaligned(fromByteOffset: (row * width + $0) * 4, as: Float.self))
            }
        case .float64:
            return top(width) { bytes.loadUnaligned(fromByteOffset: (row * width + $0) * 8, as: Double.self) }
        default:
            guard let values = try? scores.doubles() else { return nil }
            return top(width) { values[row * width + $0] }
        }
    }

    @inline(__always)
    private func top(_ width: Int, _ score: (Int) -> Double) -> (place: Int, confidence: Double)? {
        var (place, largest) = (0, score(0))
        guard !largest.isNaN else { return nil }
        for index in 1..<width {
            let value = score(index)
            guard !value.isNaN else { return nil }
            if value > largest { (place, largest) = (index, value) }
        }
        guard !areProbabilities else { return (place, largest) }
        guard largest.isFinite else { return nil }
        var sum = 0.0
        for index in 0..<width { sum += exp(score(index) - largest) }
        return (place, 1 / sum)
    }
}
