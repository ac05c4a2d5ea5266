/// An element of a model's input that features are written as.
protocol FeatureElement: BitwiseCopyable {
    static var displayName: String { get }
    /// `nil` where the type cannot hold it: whole numbers no fraction and no NaN, floats nothing beyond their range.
    init?(exactlyHolding number: Double)
}

extension FeatureElement where Self: BinaryFloatingPoint {
    @inline(__always)
    init?(exactlyHolding number: Double) {
        self.init(number)
        guard isFinite || !number.isFinite else { return nil }
    }
}

extension FeatureElement where Self: FixedWidthInteger {
    @inline(__always)
    init?(exactlyHolding number: Double) { self.init(exactly: number) }
}

extension Double: FeatureElement { static var displayName: String { "FP64" } }
extension Float: FeatureElement { static var displayName: String { "FP32" } }
extension Float16: FeatureElement { static var displayName: String { "FP16" } }
extension Int64: FeatureElement { static var displayName: String { "INT64" } }
extension Int32: FeatureElement { static var displayName: String { "INT32" } }
