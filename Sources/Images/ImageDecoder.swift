/// Images as bytes, made pixels.
package enum ImageDecoder {
    /// A picture, and how its camera was held.
    package struct Decoded {
        package var image: PixelImage
        /// The value of EXIF's orientation tag, where the file has it.
        package var orientation: Int?
    }

    /// Decodes a JPEG or PNG image, told apart by content.
    ///
    /// - Throws: `ImageError`; nothing is allocated for pixels before the limits have been checked.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> Decoded {
        if JPEGDecoder.recognises(bytes) {
            var decoder = JPEGDecoder(bytes, limits: limits)
            let image = try decoder.decode()
            return Decoded(image: image, orientation: decoder.orientation)
        }
        if PNGDecoder.recognises(bytes) {
            var decoder = PNGDecoder(bytes, limits: limits)
            let image = try decoder.decode()
            return Decoded(image: image, orientation: decoder.orientation)
        }
        throw ImageError(.unknownFormat, "expected a JPEG or PNG image, found \(described(bytes))")
    }

    private static func described(_ bytes: UnsafeRawBufferPointer) -> String {
        if bytes.isEmpty { return "no bytes" }
        let known: [(String, [UInt8])] = [
            ("a GIF image", Array("GIF8".utf8)), ("a BMP image", Array("BM".utf8)),
            ("a TIFF image", [0x49, 0x49, 42, 0]),
            ("a TIFF image", [0x4D, 0x4D, 0, 42]), ("a PDF document", Array("%PDF".utf8)),
            ("a WebP image", Array("RIFF".utf8)),
        ]
        if let match = known.first(where: { bytes.starts(with: $0.1) }) { return match.0 }
        return "\(bytes.count) bytes of something else"
    }
}
