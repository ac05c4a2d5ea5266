import ModelGraph

/// A window that slides over an image, in TensorFlow's words.
struct Window {
    /// Height, width.
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int] = [1, 1]
    /// Zeros are added so that the output has the input's size, divided by the strides and rounded up.
    var isSame: Bool

    private static let largest = 1 << 20

    /// - Throws: `TensorFlowError` for sizes that no model has.
    func check() throws(TensorFlowError) {
        for number in kernel + strides + dilations where !(1...Self.largest).contains(number) {
            throw .broken("has a window of \(kernel), strides \(strides), dilations \(dilations)")
        }
    }

    /// What ONNX wants to know. Where the image's size is open, the engine works out the pads.
    ///
    /// - Parameter image: height and width.
    func attributes(_ image: [Int?], withKernel: Bool = true) -> [Attribute] {
        var result = [Attribute("strides", .ints(strides.map(Int64.init)))]
        if withKernel { result.append(Attribute("kernel_shape", .ints(kernel.map(Int64.init)))) }
        if dilations != [1, 1] { result.append(Attribute("dilations", .ints(dilations.map(Int64.init)))) }
        guard isSame else { return result }
        guard let height = image.first ?? nil, let width = image.last ?? nil else {
            return result + [Attribute("auto_pad", .text("SAME_UPPER"))]
        }
        let pads = [pads(height, axis: 0), pads(width, axis: 1)]
        if pads.allSatisfy({ $0 == (0, 0) }) { return result }
        return result
            + [Attribute("pads", .ints((pads.map(\.before) + pads.map(\.after)).map(Int64.init)))]
    }

    /// The zeros on either side; the odd one is added behind.
    private func pads(_ size: Int, axis: Int) -> (before: Int, after: Int) {
        let reach = (kernel[axis] - 1) * dilations[axis] + 1
        let made = size / strides[axis] + (size % strides[axis] == 0 ? 0 : 1)
        let total = max(0, (made - 1) * strides[axis] + reach - size)
        return (total / 2, total - total / 2)
    }
}
