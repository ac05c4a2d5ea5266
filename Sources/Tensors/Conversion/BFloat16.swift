/// The upper half of a `Float`: 8 bits of exponent, 7 of fraction. Arithmetic is done in `Float`.
package struct BFloat16: BitwiseCopyable, Sendable {
    /// Sign, exponent and fraction, from the highest bit.
    package var bitPattern: UInt16

    /// The value with these bits.
    package init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// The nearest value, ties to even; beyond the largest, infinity. A NaN stays one.
    package init(_ value: Float) {
        let bits = value.bitPattern
        if value.isNaN {
            bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
        } else {
            bitPattern = UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
        }
    }

    /// The nearest value, ties to even, rounded once.
    ///
    /// The `Float` between is rounded to odd: towards zero, the last bit set when anything was lost, so that no value
    /// becomes a tie by the first rounding.
    package init(_ value: Double) {
        var float = Float(value)
        if value.isFinite, Double(float) != value {
            var bits = float.bitPattern
            if Double(float).magnitude > value.magnitude { bits -= 1 }
            float = Float(bitPattern: bits | 1)
        }
        self.init(float)
    }

    /// The same value; every one fits.
    package var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
