import Tensors

/// Labels that came for the answers of two versions: how many, and how many of the answers were right.
///
/// Rates, which are told and decide nothing: inputs of two versions differ, and who labels may choose. Where both answered the
/// same input, `PairedLossTest` decides.
package struct LabelTally: Hashable, Sendable {
    package var stableLabelled = 0
    package var stableRight = 0
    package var canaryLabelled = 0
    package var canaryRight = 0

    package init() {}

    package static func += (left: inout LabelTally, right: LabelTally) {
        left.stableLabelled &+= right.stableLabelled
        left.stableRight &+= right.stableRight
        left.canaryLabelled &+= right.canaryLabelled
        left.canaryRight &+= right.canaryRight
    }
}

extension LabelTally {
    var json: JSONValue {
        .object([
            ("stable", .array([.integer(stableLabelled), .integer(stableRight)])),
            ("canary", .array([.integer(canaryLabelled), .integer(canaryRight)])),
        ])
    }

    init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "labels", known: ["stable", "canary"])
        let (stable, canary) = (
            try fields.array("stable").compactMap(\.intValue), try fields.array("canary").compactMap(\.intValue)
        )
        guard stable.count == 2, canary.count == 2 else { throw JSONFields.malformed("labels", "two numbers each") }
        (stableLabelled, stableRight, canaryLabelled, canaryRight) = (stable[0], stable[1], canary[0], canary[1])
    }
}
