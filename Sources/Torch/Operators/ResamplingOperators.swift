import ModelGraph
import Tensors

/// Images made larger or smaller.
enum ResamplingOperators {
    static let table: [String: OperatorRule] = [
        "upsample_nearest1d": { try resize($0, axes: 1, "nearest") },
        "upsample_nearest2d": { try resize($0, axes: 2, "nearest") },
        "upsample_nearest3d": { try resize($0, axes: 3, "nearest") },
        "upsample_linear1d": { try resize($0, axes: 1, "linear") },
        "upsample_bilinear2d": { try resize($0, axes: 2, "linear") },
        "upsample_trilinear3d": { try resize($0, axes: 3, "linear") },
        "upsample_bicubic2d": { try resize($0, axes: 2, "cubic") },
    ]

    private static let mostTimes = 1 << 20

    private static func resize(_ call: OperatorCall, axes: Int, _ mode: String) throws(TorchError) -> [ProgramValue] {
        let input = try call.tensor(call.has("input") ? "input" : "self")
        guard input.rank == axes + 2 else { throw call.refusal("is given rank \(input.rank)") }
        var attributes: [Attribute] = [.text("mode", mode)]
        if mode == "nearest" {
            attributes += [.text("coordinate_transformation_mode", "asymmetric"), .text("nearest_mode", "floor")]
        } else {
            let aligned = try call.bool("align_corners")
            attributes.append(
                .text("coordinate_transformation_mode", aligned ? "align_corners" : "pytorch_half_pixel"))
            if mode == "cubic" { attributes.append(.float("cubic_coeff_a", -0.75)) }
        }
        let scales = try scales(call, axes)
        if let scales, scales.allSatisfy({ $0 == $0.rounded() }) || !call.has("output_size") {
            guard scales.allSatisfy({ $0 > 0 && $0 <= Double(mostTimes) }) else {
                throw call.refusal("scales by \(scales)")
            }
            let values = [Float](repeating: 1, count: 2) + scales.map { Float($0) }
            let factors = call.graph.floats(values, [values.count], "scales")
            return [.tensor(try call.make("Resize", names: [input.name, "", factors.name], attributes))]
        }
        let sizes = try call.sizes("output_size")
        guard sizes.count == axes else { throw call.refusal("gives \(sizes.count) sizes") }
        var all = [try call.graph.size(input, axis: 0), try call.graph.size(input, axis: 1)]
        all += sizes
        let made = try call.make("Resize", names: [input.name, "", "", try call.graph.shape(all)], attributes)
        call.graph.refine(made, sizes: ProgramGraph.dimensions(all))
        return [.tensor(made)]
    }

    /// The factors, where the program states them.
    private static func scales(_ call: OperatorCall, _ axes: Int) throws(TorchError) -> [Double]? {
        if case .list(let items)? = call.value("scale_factors") {
            let numbers = items.compactMap(\.number)
            guard numbers.count == axes, numbers.count == items.count else {
                throw call.refusal("scales by no numbers")
            }
            return numbers
        }
        let names = axes == 1 ? ["scales"] : Array(["scales_d", "scales_h", "scales_w"].suffix(axes))
        var numbers: [Double] = []
        for name in names where call.has(name) { numbers.append(try call.number(name)) }
        return numbers.count == axes ? numbers : nil
    }
}
