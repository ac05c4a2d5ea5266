/// Elements of one component, blocks in rows: samples, or coefficients before they become samples. Zero at first.
///
/// Belongs to one thread at a time.
final class Samples<Element: FixedWidthInteger> {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    /// - Parameter count: checked against the limit of pixels.
    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(count, 1))
        base.initialize(repeating: 0, count: count)
    }

    deinit { base.deallocate() }
}

/// The order in which coefficients of a block come.
///
/// `@unchecked Sendable`: the memory is written only while it is made.
final class ZigzagOrder: @unchecked Sendable {
    static let shared = ZigzagOrder()

    /// 64 places.
    let places: UnsafeMutablePointer<UInt8>

    private init() {
        places = .allocate(capacity: 64)
        for (place, target) in ScanDecoder.zigzag.enumerated() { places[place] = UInt8(target) }
    }

    deinit { places.deallocate() }
}
