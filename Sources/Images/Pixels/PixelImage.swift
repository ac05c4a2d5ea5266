/// Pixels in memory, 8 bits a channel: rows from top to bottom, channels of a pixel together.
package struct PixelImage: Hashable, Sendable {
    /// Pixels in a row.
    package let width: Int
    /// Rows.
    package let height: Int
    /// 1 for grey, 3 for red, green and blue.
    package let channels: Int
    /// `width * height * channels` bytes.
    package var bytes: [UInt8]

    /// - Precondition: `bytes` are as many as the sizes say.
    package init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
        precondition(bytes.count == width * height * channels)
        self.width = width
        self.height = height
        self.channels = channels
        self.bytes = bytes
    }

    /// The same picture with this number of channels: grey three times, or red, green and blue weighed as ITU-R 601-2
    /// says, with Pillow's numbers.
    package func converted(toChannels wanted: Int) -> PixelImage {
        guard wanted != channels else { return self }
        let pixels = width * height
        var result = [UInt8](repeating: 0, count: pixels * wanted)
        if wanted == 3 {
            for index in 0..<pixels {
                let grey = bytes[index]
                (result[index * 3], result[index * 3 + 1], result[index * 3 + 2]) = (grey, grey, grey)
            }
        } else {
            for index in 0..<pixels {
                let (red, green, blue) = (Int(bytes[index * 3]), Int(bytes[index * 3 + 1]), Int(bytes[index * 3 + 2]))
                result[index] = UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
            }
        }
        return PixelImage(width: width, height: height, channels: wanted, bytes: result)
    }
}
