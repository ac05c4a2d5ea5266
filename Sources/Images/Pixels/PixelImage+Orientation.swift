extension PixelImage {
    /// The picture turned as its camera was held.
    ///
    /// - Parameter orientation: the value of EXIF tag 0x0112, 1 to 8; others change nothing.
    package func oriented(_ orientation: Int) -> PixelImage {
        guard (2...8).contains(orientation) else { return self }
        let isTransposed = orientation >= 5
        let (newWidth, newHeight) = isTransposed ? (height, width) : (width, height)
        var result = [UInt8](repeating: 0, count: bytes.count)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (fromX, fromY) = source(x, y, orientation)
                let (to, from) = ((y * newWidth + x) * channels, (fromY * width + fromX) * channels)
                for channel in 0..<channels { result[to + channel] = bytes[from + channel] }
            }
        }
        return PixelImage(width: newWidth, height: newHeight, channels: channels, bytes: result)
    }

    /// Where the pixel at a place of the turned picture comes from.
    private func source(_ x: Int, _ y: Int, _ orientation: Int) -> (x: Int, y: Int) {
        switch orientation {
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (y, height - 1 - x)
        case 7: (width - 1 - y, height - 1 - x)
        default: (width - 1 - y, x)
        }
    }
}
