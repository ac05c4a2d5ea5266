/// In which order the axes of a tensor lie in memory: position `i` of the stored tensor is axis `axes[i]` of ONNX's.
///
/// A transposition is another order of the same value; nothing moves until somebody needs the value in an order in
/// which it does not exist.
struct AxisOrder: Hashable {
    let axes: [Int]

    init(_ axes: [Int]) { self.axes = axes }

    /// As ONNX has them.
    static func plain(_ rank: Int) -> AxisOrder { AxisOrder(Array(0..<rank)) }

    /// The channels, axis 1, last: NHWC.
    static func channelsLast(_ rank: Int) -> AxisOrder {
        rank < 3 ? plain(rank) : AxisOrder([0] + Array(2..<rank) + [1])
    }

    /// `axis` last, the others as they were.
    static func last(_ axis: Int, rank: Int) -> AxisOrder {
        AxisOrder((0..<rank).filter { $0 != axis } + [axis])
    }

    var rank: Int { axes.count }
    var isPlain: Bool { axes == Array(0..<rank) }

    /// Where an axis lies.
    func position(of axis: Int) -> Int { axes.firstIndex(of: axis) ?? axis }

    /// What belongs to each axis, in stored order.
    func stored<Element>(_ perAxis: [Element]) -> [Element] { axes.map { perAxis[$0] } }

    /// The permutation that LiteRT's TRANSPOSE takes to come from this order to `other`.
    func permutation(to other: AxisOrder) -> [Int] { other.axes.map(position(of:)) }

    /// Whether coming from this order to `other` moves nothing, because only axes of size 1 change places.
    func isSameMemory(as other: AxisOrder, shape: [Int]) -> Bool {
        axes.filter { shape[$0] != 1 } == other.axes.filter { shape[$0] != 1 }
    }

    /// The order of the same memory after ONNX's Transpose by `permutation`.
    func transposed(_ permutation: [Int]) -> AxisOrder {
        AxisOrder(axes.map { axis in permutation.firstIndex(of: axis) ?? axis })
    }

    /// Without some axes, the rest counted anew.
    func removing(_ gone: Set<Int>) -> AxisOrder {
        AxisOrder(axes.filter { !gone.contains($0) }.map { axis in axis - gone.count { $0 < axis } })
    }

    /// With new axes at these places of the result.
    func inserting(_ new: Set<Int>, rank: Int) -> AxisOrder {
        let old = (0..<rank).filter { !new.contains($0) }
        var result = axes.map { old[$0] }
        for axis in new.sorted() { result.insert(axis, at: min(axis, result.count)) }
        return AxisOrder(result)
    }
}
