package import Tensors

/// A recipe fitted to one input of a model: what it makes of encoded images.
package struct ImagePlan: Hashable, Sendable {
    private let recipe: ImageRecipe
    private let layout: ImageRecipe.Layout
    private let channels: Int
    private let height: Int
    private let width: Int
    private let type: ElementType

    /// - Parameters:
    ///   - type: of the model's input: UINT8 or FP32, whose elements are 0 to 255 all the same.
    ///   - dimensions: the model's, the first one for the images of a batch.
    /// - Throws: `ImageError.Code.invalidStep` when recipe and input do not fit.
    package init(_ recipe: ImageRecipe, type: ElementType, dimensions: [Dimension]?) throws(ImageError) {
        guard type == .uint8 || type == .float32 else {
            throw ImageRecipe.fault(
                "gives UINT8 or FP32, but the input is \(type.displayName) there; let {\"cast\": \"UINT8\"} follow")
        }
        guard let dimensions, dimensions.count == 4 else {
            throw ImageRecipe.fault(
                "gives 4 dimensions, but the input has " + (dimensions.map { "\($0.count)" } ?? "an unknown number"))
        }
        let layout = try Self.layout(recipe, dimensions)
        let places = layout == .channelsFirst ? (channels: 1, height: 2, width: 3) : (channels: 3, height: 1, width: 2)
        let channels = dimensions[places.channels].size ?? 3
        guard channels == 1 || channels == 3 else {
            throw ImageRecipe.fault("gives 1 or 3 channels, but the input has \(channels)")
        }
        guard let height = dimensions[places.height].size ?? recipe.size?.height,
            let width = dimensions[places.width].size ?? recipe.size?.width, height > 0, width > 0
        else { throw ImageRecipe.fault("needs 'size', because the model's input does not fix it") }
        if let size = recipe.size, size.height != height || size.width != width {
            throw ImageRecipe.fault("gives \(size.height) x \(size.width), but the input takes \(height) x \(width)")
        }
        if let shorter = recipe.shorter, shorter < max(height, width) {
            throw ImageRecipe.fault("'shorter' is \(shorter), too small to cut \(height) x \(width) out")
        }
        (self.recipe, self.layout, self.channels, self.type) = (recipe, layout, channels, type)
        (self.height, self.width) = (height, width)
    }

    private static func layout(
        _ recipe: ImageRecipe, _ dimensions: [Dimension]
    ) throws(ImageError) -> ImageRecipe.Layout {
        if let layout = recipe.layout { return layout }
        let isCount: (Dimension) -> Bool = { $0.size == 1 || $0.size == 3 }
        switch (isCount(dimensions[1]), isCount(dimensions[3])) {
        case (true, false): return .channelsFirst
        case (false, true): return .channelsLast
        default: throw ImageRecipe.fault("needs 'layout', NCHW or NHWC: the input's shape does not say it")
        }
    }

    /// Elements of one picture.
    var elementCount: Int { channels * height * width }

    /// The shape of so many pictures.
    private func shape(_ count: Int) throws(TensorError) -> Shape {
        try Shape(layout == .channelsFirst ? [count, channels, height, width] : [count, height, width, channels])
    }

    /// Decodes images and puts them together.
    ///
    /// - Parameter budget: pixels that all of them together may have, which bounds what one request can cost.
    /// - Throws: `ImageError` naming the image by its place, when there are several; `TensorError` when there is no room.
    package func tensor(of images: StringElements, limits: ImageLimits, budget: Int) throws -> Tensor {
        let shape = try shape(images.count)
        let buffer = TensorBuffer(capacity: try shape.byteCount(of: type))
        let size = elementCount * (type.bitWidth / 8)
        var left = budget
        for index in 0..<images.count {
            do throws(ImageError) {
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: buffer.mutableBytes[index * size..<(index + 1) * size])
                let result = images[index].withUnsafeBytes { bytes in
                    Result<Int, ImageError> { () throws(ImageError) in
                        try write(bytes, ImageLimits(pixels: min(limits.pixels, left)), into: target)
                    }
                }
                left -= try result.get()
            } catch {
                throw images.count == 1 ? error : ImageError(error.code, "image \(index): \(error.message)")
            }
        }
        return try Tensor(type, shape, buffer: buffer)
    }

    /// - Returns: the pixels that the image had.
    private func write(
        _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits, into target: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> Int {
        let decoded = try ImageDecoder.decode(bytes, limits: limits)
        let pixels = decoded.image.width * decoded.image.height
        let picture = try prepared(decoded)
        if type == .uint8 {
            place(picture, into: target.assumingMemoryBound(to: UInt8.self)) { $0 }
        } else {
            place(picture, into: target.assumingMemoryBound(to: Float.self)) { Float($0) }
        }
        return pixels
    }

    /// Turned, in the model's channels, in its size.
    ///
    /// - Throws: `ImageError.Code.tooLarge` for a picture so long and thin that its shorter side cannot be enlarged.
    func prepared(_ decoded: ImageDecoder.Decoded) throws(ImageError) -> PixelImage {
        var image = decoded.image.converted(toChannels: channels)
        if recipe.orients, let orientation = decoded.orientation { image = image.oriented(orientation) }
        guard let shorter = recipe.shorter else { return image.resized(width: width, height: height, recipe.filter) }
        // The longer side as torchvision rounds it, downwards.
        let isUpright = image.height >= image.width
        let longer = shorter * max(image.width, image.height) / min(image.width, image.height)
        try ImageLimits().check(width: shorter, height: longer)
        let resized = image.resized(
            width: isUpright ? shorter : longer, height: isUpright ? longer : shorter, recipe.filter)
        return resized.centre(width: width, height: height)
    }

    private func place<Element>(
        _ picture: PixelImage, into target: UnsafeMutableBufferPointer<Element>, _ convert: (UInt8) -> Element
    ) {
        let area = height * width
        precondition(target.count == area * channels && picture.bytes.count == area * channels)
        picture.bytes.withUnsafeBufferPointer { source in
            for channel in 0..<channels {
                let from = recipe.order == .bgr ? channels - 1 - channel : channel
                for pixel in 0..<area {
                    let to = layout == .channelsFirst ? channel &* area &+ pixel : pixel &* channels &+ channel
                    target[to] = convert(source[pixel &* channels &+ from])
                }
            }
        }
    }
}
