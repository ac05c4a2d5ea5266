import ModelGraph
import Tensors
import Testing

/// The models beside `Fixtures/generate.py`.
enum Fixture: String, CaseIterable, CustomTestStringConvertible {
    case mlp, conv, control, types, features, zipmap, old, external

    var testDescription: String { rawValue }

    var path: String { "\(Self.folder)/\(rawValue).onnx" }

    func bytes() throws -> [UInt8] { try fileBytes(path) }

    func model() throws -> Model { try Model.read(path: path) }

    private static let folder: String = {
        let source = #filePath
        return source[..<(source.lastIndex(of: "/") ?? source.startIndex)] + "/Fixtures"
    }()
}

/// The contents of a file.
func fileBytes(_ path: String) throws -> [UInt8] {
    ByteView(try MappedFile(path: path, maximumBytes: 1 << 20).buffer).array
}

extension Model {
    /// Reads a model from bytes in memory of its own.
    static func read(bytes: [UInt8], limits: GraphLimits = GraphLimits()) throws(GraphError) -> Model {
        try read(ByteView(copying: bytes).buffer, limits: limits)
    }
}

/// Small pseudo-random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
