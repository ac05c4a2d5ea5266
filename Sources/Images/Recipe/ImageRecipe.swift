package import Tensors

/// How an encoded image becomes a model's input: a step of a version's declared processing.
///
/// ```json
/// {"size": [224, 224], "shorter": 256, "filter": "bilinear", "order": "RGB", "layout": "NCHW", "orient": true}
/// ```
///
/// Every member may be left out: size and layout then follow from the model's own shape.
package struct ImageRecipe: Hashable, Sendable {
    /// In which order the colours of a pixel come.
    package enum Order: String, Hashable, Sendable, CaseIterable {
        case rgb = "RGB"
        case bgr = "BGR"
    }

    /// Where the channels are among a picture's dimensions.
    package enum Layout: String, Hashable, Sendable, CaseIterable {
        /// Channels, rows, columns.
        case channelsFirst = "NCHW"
        /// Rows, columns, channels.
        case channelsLast = "NHWC"
    }

    /// Rows and columns of what the model gets; `nil` for what its input fixes.
    package var size: (height: Int, width: Int)? {
        get { height.flatMap { height in width.map { (height, $0) } } }
        set { (height, width) = (newValue?.height, newValue?.width) }
    }
    private var height: Int?
    private var width: Int?
    /// The shorter side is brought to this, and the middle cut out; `nil` stretches the whole picture.
    package var shorter: Int?
    /// How pixels are weighed.
    package var filter = ResizeFilter.bilinear
    /// How colours are ordered.
    package var order = Order.rgb
    /// `nil` for what the model's input says.
    package var layout: Layout?
    /// Whether a picture is turned as its camera was held.
    package var orients = false

    /// Everything as it follows from the model.
    package init() {}

    /// The largest side of what a model gets.
    private static let largestSide = 16_384

    /// - Throws: `ImageError.Code.invalidStep` naming the member. Unknown members are refused.
    package init(json: JSONValue) throws(ImageError) {
        guard let members = json.objectValue else {
            throw Self.fault("expected an object such as {\"size\": [224, 224]}")
        }
        for member in members {
            switch member.key {
            case "size":
                let sizes = (member.value.arrayValue ?? []).compactMap(Self.side)
                guard sizes.count == 2, member.value.arrayValue?.count == 2 else {
                    throw Self.fault("'size' is a list of rows and columns, such as [224, 224]")
                }
                (height, width) = (sizes[0], sizes[1])
            case "shorter":
                guard let side = Self.side(member.value) else { throw Self.fault("'shorter' is a number of pixels") }
                shorter = side
            case "filter": filter = try Self.choice(member)
            case "order": order = try Self.choice(member)
            case "layout": layout = try Self.choice(member) as Layout
            case "orient":
                guard let value = member.value.boolValue else { throw Self.fault("'orient' is true or false") }
                orients = value
            default:
                throw Self.fault(
                    "unknown key '\(member.key.prefix(40))'; expected size, shorter, filter, order, layout, orient")
            }
        }
    }

    /// The same in a fixed order; what is as it would be without is left out.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = []
        if let size { members.append(("size", .array([.integer(size.height), .integer(size.width)]))) }
        if let shorter { members.append(("shorter", .integer(shorter))) }
        if filter != .bilinear { members.append(("filter", .string(filter.rawValue))) }
        if order != .rgb { members.append(("order", .string(order.rawValue))) }
        if let layout { members.append(("layout", .string(layout.rawValue))) }
        if orients { members.append(("orient", .bool(true))) }
        return .object(members)
    }

    private static func side(_ value: JSONValue) -> Int? {
        value.intValue.flatMap { (1...largestSide).contains($0) ? $0 : nil }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ member: JSONValue.Member
    ) throws(ImageError) -> Choice {
        guard let choice = member.value.stringValue.flatMap(Choice.init) else {
            throw fault("'\(member.key)' is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    static func fault(_ message: String) -> ImageError { ImageError(.invalidStep, "image: \(message)") }
}
