import Tensors

/// Images made larger and smaller. Where LiteRT would take other pixels than ONNX, the node is refused (bilinear) or
/// its rows and columns are gathered one by one (nearest).
extension LoweringRules {
    static let images: [String: LoweringRule] = ["Resize": resize, "Upsample": resize]

    private static let resize: LoweringRule = { node in
        let input = try node.input(0)
        let shape = try node.outputShape()
        guard input.rank == 4, input.type == .float32, shape[0] == input.shape[0], shape[1] == input.shape[1] else {
            throw LoweringFault("resizes other axes than height and width of an FP32 image")
        }
        let axes = try (2..<4).map { try ResizedAxis(node, axis: $0, from: input.shape[$0], to: shape[$0]) }
        let image = try node.image(input)
        switch node.text("mode") ?? "nearest" {
        case "nearest": try nearest(node, image, axes)
        case "linear", "bilinear": try bilinear(node, image, axes)
        case let mode:
            throw LoweringFault(
                "resizes in mode '\(mode.prefix(20))'; LiteRT has nearest and linear", remedy: "use one of these")
        }
    }

    private static func nearest(_ node: NodeLowering, _ image: Int, _ axes: [ResizedAxis]) throws {
        let wanted = axes.map(\.nearest)
        let shape = try node.imageShape()
        let size = try node.integers([shape[1], shape[2]], "size")
        for (kind, settings) in [([1, 0], ResizedAxis.Kind.asymmetric), ([1, 1], .halfPixel), ([1, 2], .corners)]
        where axes.map({ $0.liteNearest(settings) }) == wanted {
            let fields: [LiteOptions.Setting] = [
                .byte(0, kind[1] == 2 ? 1 : 0), .byte(1, kind[1] == 1 ? 1 : 0),
            ]
            return try node.defineImage(
                node.emit(
                    .resizeNearest, [image, size], shape, options: LiteOptions(74, fields),
                    version: kind[1] == 0 ? 1 : 3))
        }
        var made = image
        for (axis, places) in wanted.enumerated() {
            var next = node.shape(made)
            next[axis + 1] = places.count
            made = try node.emit(
                .gather, [made, node.integers(places, "places")], next, options: .gather(axis: axis + 1))
        }
        try node.defineImage(made)
    }

    private static func bilinear(_ node: NodeLowering, _ image: Int, _ axes: [ResizedAxis]) throws {
        guard !node.flag("antialias") else {
            throw LoweringFault("resizes with antialiasing, which LiteRT does not have")
        }
        let shape = try node.imageShape()
        let size = try node.integers([shape[1], shape[2]], "size")
        for kind in [ResizedAxis.Kind.asymmetric, .halfPixel, .corners]
        where axes.allSatisfy({ $0.agreesLinearly(kind) }) {
            let options = LiteOptions.bilinear(alignsCorners: kind == .corners, halfPixel: kind == .halfPixel)
            return try node.defineImage(
                node.emit(
                    .resizeBilinear, [image, size], shape, options: options, version: kind == .halfPixel ? 3 : 1))
        }
        throw LoweringFault(
            "takes its pixels at other places than LiteRT's RESIZE_BILINEAR can",
            remedy:
                "use coordinate_transformation_mode half_pixel, align_corners or asymmetric, and a whole output size")
    }
}

/// Which places of the input each place of the output is made of, along one axis.
private struct ResizedAxis {
    /// LiteRT's three ways.
    enum Kind { case asymmetric, halfPixel, corners }

    let size: Int
    let result: Int
    /// ONNX's coordinate of each place of the result.
    let coordinates: [Double]
    let rounding: String

    init(_ node: NodeLowering, axis: Int, from size: Int, to result: Int) throws {
        guard (1...1 << 20).contains(size), (1...1 << 20).contains(result) else {
            throw LoweringFault("resizes to \(result) from \(size)")
        }
        self.size = size
        self.result = result
        rounding = node.opset < 11 ? "floor" : node.text("nearest_mode") ?? "round_prefer_floor"
        let scales: [Float]? =
            node.operatorType == "Upsample" || node.opset < 11
            ? try node.optionalConstant(1, "scales")?.floatValues
            : try node.optionalConstant(2, "scales")?.floatValues
        let given = scales.flatMap { $0.count == 4 ? Double($0[axis]) : $0.count == 2 ? Double($0[axis - 2]) : nil }
        let scale = given.flatMap { $0 > 0 ? $0 : nil } ?? Double(result) / Double(size)
        let mode = node.opset < 11 ? "asymmetric" : node.text("coordinate_transformation_mode") ?? "half_pixel"
        coordinates = try (0..<result).map { place in
            let x = Double(place)
            switch mode {
            case "half_pixel": return (x + 0.5) / scale - 0.5
            case "pytorch_half_pixel": return result > 1 ? (x + 0.5) / scale - 0.5 : 0
            case "align_corners": return result > 1 ? x * Double(size - 1) / Double(result - 1) : 0
            case "asymmetric": return x / scale
            default:
                throw LoweringFault(
                    "has coordinate_transformation_mode '\(mode.prefix(30))', which LiteRT does not have")
            }
        }
    }

    /// ONNX's place in the input for each of the output.
    var nearest: [Int] {
        coordinates.map { x in
            let rounded =
                switch rounding {
                case "floor": x.rounded(.down)
                case "ceil": x.rounded(.up)
                case "round_prefer_ceil": (x + 0.5).rounded(.down)
                default: (x - 0.5).rounded(.up)
                }
            return min(max(Int(rounded), 0), size - 1)
        }
    }

    /// What LiteRT's RESIZE_NEAREST_NEIGHBOR takes. Source: `reference_ops.h`, `GetNearestNeighbor`.
    func liteNearest(_ kind: Kind) -> [Int] {
        let scale =
            kind == .corners && result > 1
            ? Float(size - 1) / Float(result - 1) : Float(size) / Float(result)
        return (0..<result).map { place in
            let x = (Float(place) + (kind == .halfPixel ? 0.5 : 0)) * scale
            let rounded = kind == .corners ? x.rounded() : x.rounded(.down)
            return min(max(Int(rounded), 0), size - 1)
        }
    }

    /// Whether LiteRT's RESIZE_BILINEAR takes the same places, but for rounding.
    func agreesLinearly(_ kind: Kind) -> Bool {
        let scale =
            kind == .corners && result > 1
            ? Double(size - 1) / Double(result - 1) : Double(size) / Double(result)
        return (0..<result).allSatisfy { place in
            let x = kind == .halfPixel ? (Double(place) + 0.5) * scale - 0.5 : Double(place) * scale
            let limit = Double(size - 1)
            return abs(min(max(x, 0), limit) - min(max(coordinates[place], 0), limit)) < 1e-6
        }
    }
}
