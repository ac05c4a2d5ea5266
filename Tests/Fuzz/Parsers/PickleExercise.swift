import ModelGraph
import Pickle
import Sklearn

/// A pickle, or what is packed around one: looked through, listed, rebuilt.
enum PickleExercise {
    /// Small, so that memory that grows beyond a file is seen.
    private static let limits: PickleLimits = {
        var limits = PickleLimits()
        limits.unpackedBytes = 16 << 20
        limits.values = 1_000_000
        return limits
    }()

    static func run(_ bytes: [UInt8]) {
        weights(bytes)
        guard let file = try? PickleFile(PickleBytes(copying: bytes), limits: limits) else { return }
        let scan = PickleScan(file)
        precondition(scan.findings.count == file.streams.reduce(0) { $0 + $1.globals.count })
        for stream in file.streams {
            _ = try? stream.document?.view.tensor()
            _ = try? stream.document?.view.texts()
        }
        guard let converted = try? Conversion.convert(file) else { return }
        _ = converted.model.validate(ValidationOptions())
        _ = try? converted.model.encoded()
    }

    static func weights(_ bytes: [UInt8]) {
        guard let listing = try? TensorListing(PickleBytes(copying: bytes), limits: limits) else { return }
        for entry in listing.entries { precondition(entry.byteCount >= 0 && entry.shape.allSatisfy { $0 >= 0 }) }
    }
}
