import Seals
import Tensors

/// What comes with a version from elsewhere: its seal, and the header of an encrypted archive.
enum SealExercise {
    static func run(_ bytes: [UInt8]) {
        if let bundle = try? SealBundle(parsing: bytes) {
            // A bundle that was read is written so that it reads as itself.
            guard bundle.material == .certificate || (try? SealBundle(parsing: bundle.json.encoded())) == bundle else {
                preconditionFailure("a seal that was written does not read back as itself")
            }
            statement(bundle.payload)
        }
        statement(bytes)
        header(bytes)
    }

    private static func statement(_ bytes: [UInt8]) {
        guard let statement = try? SealStatement(parsing: bytes) else { return }
        precondition(!statement.resources.isEmpty)
        try? statement.require(statement.resources, in: "itself")
        guard let again = try? SealStatement(parsing: statement.encoded()), again == statement else {
            preconditionFailure("what was signed does not read back as itself")
        }
    }

    private static func header(_ bytes: [UInt8]) {
        guard let header = try? EncryptedHeader(parsing: bytes) else { return }
        precondition(header.encoded == bytes)
        guard let layout = try? StreamLayout(streamBytes: bytes.count, segmentBytes: 64) else { return }
        precondition(layout.plainRange(of: layout.segmentCount - 1).upperBound == layout.plainBytes)
    }
}
