extension PixelImage {
    /// The middle of the picture, which is at least that large. Odd margins are rounded as Python does, half to even.
    ///
    /// Source: torchvision, `center_crop`.
    func centre(width newWidth: Int, height newHeight: Int) -> PixelImage {
        guard newWidth != width || newHeight != height else { return self }
        let left = Int((Double(width - newWidth) / 2).rounded(.toNearestOrEven))
        let top = Int((Double(height - newHeight) / 2).rounded(.toNearestOrEven))
        var result: [UInt8] = []
        result.reserveCapacity(newWidth * newHeight * channels)
        for y in top..<top + newHeight {
            let start = (y * width + left) * channels
            result += bytes[start..<start + newWidth * channels]
        }
        return PixelImage(width: newWidth, height: newHeight, channels: channels, bytes: result)
    }
}
