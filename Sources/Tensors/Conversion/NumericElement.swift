/// A Swift type that tensor elements of a numeric `ElementType` are stored as.
///
/// Conversion goes through one of three types, which together hold every element exactly: `Double`, `Int64`, `UInt64`.
/// Each initialiser gives `nil` where the value has no place: out of range, not a number, a fraction for a whole number.
protocol NumericElement: BitwiseCopyable {
    init?(converting value: Double)
    init?(converting value: Int64)
    init?(converting value: UInt64)
    /// The value; rounded only for 64-bit integers over 2^53.
    var asDouble: Double { get }
}

extension NumericElement where Self: FixedWidthInteger {
    @inline(__always) init?(converting value: Double) { self.init(exactly: value) }
    @inline(__always) init?(converting value: Int64) { self.init(exactly: value) }
    @inline(__always) init?(converting value: UInt64) { self.init(exactly: value) }
    @inline(__always) var asDouble: Double { Double(self) }
}

extension UInt8: NumericElement {}
extension UInt16: NumericElement {}
extension UInt32: NumericElement {}
extension UInt64: NumericElement {}
extension Int8: NumericElement {}
extension Int16: NumericElement {}
extension Int32: NumericElement {}
extension Int64: NumericElement {}

extension NumericElement where Self: BinaryFloatingPoint {
    /// Rounds to nearest; a finite value stays finite or is refused.
    @inline(__always) init?(converting value: Double) {
        self.init(value)
        if isInfinite, value.isFinite { return nil }
    }
    @inline(__always) init?(converting value: Int64) {
        self.init(value)
        if isInfinite { return nil }
    }
    @inline(__always) init?(converting value: UInt64) {
        self.init(value)
        if isInfinite { return nil }
    }
    @inline(__always) var asDouble: Double { Double(self) }
}

extension Float16: NumericElement {}
extension Float: NumericElement {}
extension Double: NumericElement {}

extension BFloat16: NumericElement {
    init?(converting value: Double) {
        self.init(value)
        if float.isInfinite, value.isFinite { return nil }
    }
    init?(converting value: Int64) { self.init(Double(value)) }
    init?(converting value: UInt64) { self.init(Double(value)) }
    var asDouble: Double { Double(float) }
}

/// A stored boolean: a byte, any but 0 true. As a number it is 0 or 1, and only these convert to it.
struct BoolElement: NumericElement {
    var byte: UInt8

    init?(converting value: Double) {
        guard value == 0 || value == 1 else { return nil }
        byte = value == 0 ? 0 : 1
    }
    init?(converting value: Int64) { self.init(converting: UInt64(bitPattern: value)) }
    init?(converting value: UInt64) {
        guard value <= 1 else { return nil }
        byte = UInt8(value)
    }
    var asDouble: Double { byte == 0 ? 0 : 1 }
}
