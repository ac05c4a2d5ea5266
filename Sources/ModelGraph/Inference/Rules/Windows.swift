/// How convolutions and pools slide over their input: kernel, strides, dilations, pads.
struct Windows {
    let kernel: [Size]
    let strides: [Int]
    let dilations: [Int]
    /// Begins, then ends.
    let pads: [Int]
    let autoPad: String
    let isCeiling: Bool

    /// - Throws: when lists do not have one number per axis, or one that is too small.
    init(_ facts: NodeFacts, kernel: [Size]) throws(InferenceFault) {
        let rank = kernel.count
        self.kernel = kernel
        strides = try Self.list(facts, "strides", count: rank, default: 1, least: 1)
        dilations = try Self.list(facts, "dilations", count: rank, default: 1, least: 1)
        pads = try Self.list(facts, "pads", count: 2 * rank, default: 0, least: nil)
        autoPad = facts.text("auto_pad") ?? "NOTSET"
        isCeiling = facts.flag("ceil_mode")
    }

    private static func list(
        _ facts: NodeFacts, _ name: String, count: Int, default value: Int, least: Int?
    ) throws(InferenceFault) -> [Int] {
        guard let given = facts.ints(name), !given.isEmpty else { return [Int](repeating: value, count: count) }
        guard given.count == count else {
            throw InferenceFault("has \(given.count) \(name); expected \(count)")
        }
        if let least, let wrong = given.first(where: { $0 < least }) {
            throw InferenceFault("has \(wrong) among its \(name); expected \(least) or more")
        }
        return given
    }

    /// The sizes that come out of a convolution or pool.
    ///
    /// - Throws: when a window does not fit its padded input.
    func outputs(_ sizes: [Size]) throws(InferenceFault) -> [Size] {
        var result: [Size] = []
        for (axis, size) in sizes.enumerated() { result.append(try output(size, axis)) }
        return result
    }

    private func output(_ size: Size, _ axis: Int) throws(InferenceFault) -> Size {
        let reach = (kernel[axis] - .fixed(1)) * .fixed(dilations[axis]) + .fixed(1)
        switch autoPad {
        case "SAME_UPPER", "SAME_LOWER": return size.ceilDivided(by: strides[axis])
        case "VALID": return (size - reach).floorDivided(by: strides[axis]) + .fixed(1)
        default: break
        }
        let (padding, overflow) = pads[axis].addingReportingOverflow(pads[axis + kernel.count])
        let room = overflow ? Size.unknown : size + .fixed(padding) - reach
        if let room = room.fixed, room < 0 {
            throw InferenceFault(
                "has a window of \(reach.fixed ?? 0) on axis \(axis + 2), larger than its padded input")
        }
        guard isCeiling else { return room.floorDivided(by: strides[axis]) + .fixed(1) }
        let steps = room.ceilDivided(by: strides[axis])
        // A window that would begin in the padding after the input is left out.
        guard let count = steps.fixed, let size = size.fixed else {
            return isExact(room, axis) ? steps + .fixed(1) : .unknown
        }
        let (start, tooFar) = count.multipliedReportingOverflow(by: strides[axis])
        let (end, overflowing) = size.addingReportingOverflow(pads[axis])
        guard !tooFar, !overflowing else { return .unknown }
        return .fixed(start >= end ? count : count + 1)
    }

    /// Whether rounding up or down is the same, so that no window hangs over.
    private func isExact(_ room: Size, _ axis: Int) -> Bool {
        strides[axis] == 1 || room.exactlyDivided(by: .fixed(strides[axis])).isKnown
    }
}
