/// What is asked of a search's result.
package struct SearchGoals: Hashable, Sendable {
    /// What comes first among candidates that keep every limit.
    package enum Aim: String, Hashable, Sendable, CaseIterable {
        /// The fastest; of those that are equally fast the smallest.
        case fastest
        /// The smallest; of those that are equally small the fastest.
        case smallest
        /// The one that loses least; of those the fastest.
        case mostAccurate
    }

    /// A set of goals under a name.
    package enum Purpose: String, Hashable, Sendable, CaseIterable {
        /// For small devices: the smallest file that loses at most one point, on ONNX Runtime.
        case edge
    }

    /// What may be lost of accuracy (of agreement with the original, where no answers are known), from 0 to 1.
    package var largestDrop: Double
    /// Milliseconds of one run of one row on this machine.
    package var largestMilliseconds: Double?
    /// Of the file.
    package var largestBytes: Int?
    package var purpose: Purpose?
    package var aim: Aim

    /// What may be lost when nobody says, and for a purpose.
    package static let usualDrop = 0.005
    package static func drop(for purpose: Purpose?) -> Double { purpose == .edge ? 0.01 : usualDrop }

    /// - Parameter drop: `nil`: the usual one. With a limit on time or size and none on this, the most accurate is wanted, and
    ///   what may be lost is what that costs.
    package init(
        drop: Double? = nil, milliseconds: Double? = nil, bytes: Int? = nil, purpose: Purpose? = nil
    ) {
        largestMilliseconds = milliseconds
        largestBytes = bytes
        self.purpose = purpose
        let isBounded = milliseconds != nil || bytes != nil
        largestDrop = drop ?? (isBounded && purpose == nil ? Self.boundedDrop : Self.drop(for: purpose))
        aim = purpose == .edge ? .smallest : drop == nil && isBounded ? .mostAccurate : .fastest
    }

    /// With a limit on time or size alone: beyond it a model would hardly be called the same.
    package static let boundedDrop = 0.05
}
