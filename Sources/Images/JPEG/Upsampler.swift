/// Rows of a component at the picture's own size, smoothed as libjpeg does by default ("fancy upsampling").
///
/// Source: libjpeg-turbo, `jdsample.c`. Where a row of samples has no neighbour, it is its own.
///
/// Belongs to one thread at a time.
final class Upsampler {
    private enum Method { case none, across, down, both, repeated }

    private let component: JPEGFrame.Component
    private let samples: Samples<UInt8>
    private let stride: Int
    private let method: Method
    private let across: Int
    private let down: Int
    /// Sums of two rows.
    private let sums: UnsafeMutablePointer<Int32>
    private let row: UnsafeMutablePointer<UInt8>

    /// - Precondition: the samples are as many as the component stores.
    init(_ component: JPEGFrame.Component, _ samples: Samples<UInt8>, in frame: JPEGFrame) {
        self.component = component
        self.samples = samples
        stride = component.storedAcross * 8
        precondition(samples.count == stride * component.storedDown * 8)
        (across, down) = (frame.across / component.across, frame.down / component.down)
        switch (across, down) {
        case (1, 1): method = .none
        case (2, 1): method = component.width > 2 ? .across : .repeated
        case (1, 2): method = .down
        case (2, 2): method = component.width > 2 ? .both : .repeated
        default: method = .repeated
        }
        sums = .allocate(capacity: component.width)
        row = .allocate(capacity: component.width * across)
        row.initialize(repeating: 0, count: component.width * across)
    }

    deinit {
        sums.deallocate()
        row.deallocate()
    }

    /// The samples of row `y` of the picture, at least as many as it is wide; good until the next call.
    func samples(ofRow y: Int) -> UnsafePointer<UInt8> {
        let at = min(y / down, component.height - 1)
        let source = UnsafePointer(samples.base + at * stride)
        let width = component.width
        switch method {
        case .none: return source
        case .across: Self.widen(source, width, into: row)
        case .down:
            let bias: Int32 = y % 2 == 0 ? 1 : 2
            let near = neighbour(of: at, y)
            for x in 0..<width {
                row[x] = UInt8(truncatingIfNeeded: (Int32(source[x]) &* 3 &+ Int32(near[x]) &+ bias) >> 2)
            }
        case .both:
            let near = neighbour(of: at, y)
            for x in 0..<width { sums[x] = Int32(source[x]) &* 3 &+ Int32(near[x]) }
            Self.widen(sums, width, into: row)
        case .repeated:
            for x in 0..<width {
                for copy in 0..<across { row[x &* across &+ copy] = source[x] }
            }
        }
        return UnsafePointer(row)
    }

    /// The row of samples that is nearer to row `y` of the picture than any but its own.
    private func neighbour(of at: Int, _ y: Int) -> UnsafePointer<UInt8> {
        let other = y % 2 == 0 ? max(at - 1, 0) : min(at + 1, component.height - 1)
        return UnsafePointer(samples.base + other * stride)
    }

    /// Three parts of a sample and one of its nearer neighbour.
    private static func widen(
        _ source: UnsafePointer<UInt8>, _ width: Int, into target: UnsafeMutablePointer<UInt8>
    ) {
        target[0] = source[0]
        target[1] = UInt8(truncatingIfNeeded: (Int32(source[0]) &* 3 &+ Int32(source[1]) &+ 2) >> 2)
        for x in 1..<width - 1 {
            let middle = Int32(source[x]) &* 3
            target[2 &* x] = UInt8(truncatingIfNeeded: (middle &+ Int32(source[x &- 1]) &+ 1) >> 2)
            target[2 &* x &+ 1] = UInt8(truncatingIfNeeded: (middle &+ Int32(source[x &+ 1]) &+ 2) >> 2)
        }
        let end = width - 1
        target[2 * end] = UInt8(truncatingIfNeeded: (Int32(source[end]) &* 3 &+ Int32(source[end - 1]) &+ 1) >> 2)
        target[2 * end + 1] = source[end]
    }

    /// The same for sums of two rows.
    private static func widen(
        _ sums: UnsafeMutablePointer<Int32>, _ width: Int, into target: UnsafeMutablePointer<UInt8>
    ) {
        target[0] = UInt8(truncatingIfNeeded: (sums[0] &* 4 &+ 8) >> 4)
        target[1] = UInt8(truncatingIfNeeded: (sums[0] &* 3 &+ sums[1] &+ 7) >> 4)
        for x in 1..<width - 1 {
            let middle = sums[x] &* 3
            target[2 &* x] = UInt8(truncatingIfNeeded: (middle &+ sums[x &- 1] &+ 8) >> 4)
            target[2 &* x &+ 1] = UInt8(truncatingIfNeeded: (middle &+ sums[x &+ 1] &+ 7) >> 4)
        }
        let end = width - 1
        target[2 * end] = UInt8(truncatingIfNeeded: (sums[end] &* 3 &+ sums[end - 1] &+ 8) >> 4)
        target[2 * end + 1] = UInt8(truncatingIfNeeded: (sums[end] &* 4 &+ 7) >> 4)
    }
}
