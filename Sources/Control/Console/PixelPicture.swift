import Charts
import Registry
import Tensors
import Trust

/// An input whose numbers are an image's pixels, as the label `view.INPUT=image 8x8/16` of its version says.
struct ImageInput: Sendable {
    var name: String
    var columns: Int
    var rows: Int
    /// What is brightest; 0 is dark.
    var most: Double

}

extension ImageInput {
    init(name: String, hint: ImageHint) {
        self.init(name: name, columns: hint.columns, rows: hint.rows, most: Double(hint.maximum) ?? 1)
    }
}

/// Numbers as the shades of a grid: an image that was asked about, or what is known of each of its pixels.
enum PixelPicture {
    /// Shades that are told apart; the style sheet has as many.
    static let shades = 8
    private static let side = 10.0

    /// - Parameters:
    ///   - values: row by row; what is no number is as 0.
    ///   - most: what is drawn brightest.
    ///   - kind: classes for the style sheet.
    /// - Returns: nothing unless there are as many values as pixels.
    static func svg(
        _ values: [Double], columns: Int, rows: Int, most: Double, label: String, kind: String
    ) -> String {
        guard columns > 0, rows > 0, values.count == columns * rows, most > 0 else { return "" }
        let (width, height) = (Double(columns) * side, Double(rows) * side)
        var drawing = Drawing(width: width, height: height, label: label, kind: kind)
        drawing.rectangle("ground", x: 0, y: 0, width: width, height: height)
        let levels = values.map { value in
            value.isFinite ? Int((min(max(value / most, 0), 1) * Double(shades)).rounded()) : 0
        }
        for shade in 1...shades {
            drawing.columns(
                "shade-\(shade)",
                levels.indices.filter { levels[$0] == shade }.map { place in
                    let (x, y) = (Double(place % columns) * side, Double(place / columns) * side)
                    return (x: x, width: side, from: y, to: y + side)
                })
        }
        return drawing.svg
    }
}

extension ConsoleRoutes {
    /// Inputs of the first of some versions, named by their manifests' digests, that has any that can be drawn.
    func images(of digests: [String]) -> [ImageInput] {
        let registry = overview.deployments.registry
        for text in digests {
            guard let digest = try? Digest(text), let description = try? registry.description(digest) else { continue }
            let images = description.signature.inputs.compactMap { spec in
                ImageHint(description.labels["view.\(spec.name)"], spec).map { ImageInput(name: spec.name, hint: $0) }
            }
            if !images.isEmpty { return images }
        }
        return []
    }
}
