import Tensors

extension Views {
    /// What is known of every pixel of an input, as a picture.
    struct DriftImage {
        var title: String
        var note: String
        /// Drawn by us.
        var picture: String
    }
}

/// Drift of an input that is an image: what it was on average, what it is, and where it differs.
enum DriftImages {
    /// Nothing unless every pixel is a feature of its own.
    ///
    /// - Parameter features: as the API tells of them.
    static func views(_ features: [JSONValue], _ image: ImageInput) -> [Views.DriftImage] {
        var known: [String: JSONValue] = [:]
        for feature in features { known[feature["name"]?.stringValue ?? ""] = feature }
        let pixels = (0..<image.columns * image.rows).compactMap { known["\(image.name)[\($0)]"] }
        guard pixels.count == image.columns * image.rows else { return [] }
        func picture(_ values: [Double], _ most: Double, _ label: String, _ kind: String) -> String {
            PixelPicture.svg(
                values, columns: image.columns, rows: image.rows, most: most, label: "\(image.name): \(label)",
                kind: "pixels \(kind)")
        }
        let effects = pixels.map { max(0, $0["effect"]?.doubleValue ?? 0) }
        let large = pixels.compactMap { $0["threshold"]?.doubleValue }.max() ?? 0
        let most = max(effects.max() ?? 0, large)
        let drifting = pixels.count { $0["verdict"]?.stringValue == "drift" }
        return [
            Views.DriftImage(
                title: "Reference", note: "each pixel's mean",
                picture: picture(pixels.map { mean($0["reference"]) }, image.most, "the reference", "shown")),
            Views.DriftImage(
                title: "Newest window", note: "each pixel's mean",
                picture: picture(pixels.map { mean($0["current"]) }, image.most, "the newest window", "shown")),
            Views.DriftImage(
                title: "Where they differ",
                note: "\(drifting) of \(pixels.count) pixels drift; effect up to "
                    + "\(RolloutWords.figure(effects.max() ?? 0)), large from \(RolloutWords.figure(large))",
                picture: picture(effects, most, "how much each pixel differs", "effects")),
        ]
    }

    /// A pixel that hardly ever changes is known by what it mostly is.
    private static func mean(_ sketch: JSONValue?) -> Double {
        sketch?["mean"]?.doubleValue ?? sketch?["mostFrequent"]?.doubleValue ?? 0
    }

    /// Where a feature is in an image, for people who count from 1; `nil` for others.
    static func place(_ feature: String, _ images: [ImageInput]) -> String? {
        guard feature.hasSuffix("]"), let open = feature.lastIndex(of: "["),
            let image = images.first(where: { $0.name == feature[..<open] }),
            let index = Int(feature[feature.index(after: open)...].dropLast()),
            (0..<image.columns * image.rows).contains(index)
        else { return nil }
        return "row \(index / image.columns + 1), column \(index % image.columns + 1)"
    }
}
