import Images
import Tensors
import TestSupport

/// The images beside the tests, and what Pillow makes of them; `Fixtures/generate.py` made both.
enum Fixture {
    private static let folder = Slipway.root + "/Tests/ImagesTests/Fixtures"

    static let expected: JSONValue = (try? JSONValue.parse(TextFile.bytes(folder + "/expected.json"))) ?? .null

    /// Names of all images that Pillow read.
    static let names: [String] = expected["images"]?.objectValue?.map(\.key) ?? []

    static func bytes(_ name: String) throws -> [UInt8] { try TextFile.bytes("\(folder)/\(name)") }

    static func decode(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImageError) -> ImageDecoder.Decoded
    {
        let result = bytes.withUnsafeBytes { bytes in
            Result<ImageDecoder.Decoded, ImageError> { () throws(ImageError) in
                try ImageDecoder.decode(bytes, limits: limits)
            }
        }
        return try result.get()
    }

    static func checksum(_ bytes: [UInt8]) -> Int {
        var checksum = CRC32()
        bytes.withUnsafeBytes { checksum.update($0) }
        return Int(checksum.value)
    }
}
