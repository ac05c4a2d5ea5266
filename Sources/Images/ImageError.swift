/// Why an image cannot be decoded, or an image step cannot be carried out.
package struct ImageError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case unknownFormat, malformed, unsupported, tooLarge, invalidStep }
        private let value: Value

        /// The bytes are no image of a format that is read.
        package static let unknownFormat = Code(value: .unknownFormat)
        /// The bytes break their format's rules, or end early.
        package static let malformed = Code(value: .malformed)
        /// Within the format's rules, but not read here.
        package static let unsupported = Code(value: .unsupported)
        /// More pixels than the limit.
        package static let tooLarge = Code(value: .tooLarge)
        /// A declared image step that cannot be carried out.
        package static let invalidStep = Code(value: .invalidStep)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// What was expected and what was found, for people.
    package var message: String

    /// A fault of this kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ImageError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

/// What is accepted before anything is allocated.
package struct ImageLimits: Hashable, Sendable {
    /// Pixels of one image; decoding takes up to 9 bytes for each.
    package var pixels: Int

    /// What a JPEG image can have.
    private static let longestSide = 65_535

    /// - Parameter pixels: 50 million are more than cameras make.
    package init(pixels: Int = 50_000_000) { self.pixels = pixels }

    /// - Throws: `ImageError.Code.tooLarge`, `.malformed` for an image without pixels.
    func check(width: Int, height: Int) throws(ImageError) {
        guard width > 0, height > 0 else { throw ImageError(.malformed, "the image is \(width) x \(height) pixels") }
        guard max(width, height) <= Self.longestSide else {
            throw ImageError(
                .tooLarge,
                "the image is \(width) x \(height) pixels; at most \(Self.longestSide) on a side are accepted")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= pixels else {
            throw ImageError(
                .tooLarge, "the image is \(width) x \(height) pixels; at most \(pixels) in all are accepted")
        }
    }
}
