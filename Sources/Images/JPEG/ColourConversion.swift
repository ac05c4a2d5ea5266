/// From brightness and two colour differences to red, green and blue, with libjpeg's tables.
///
/// Source: libjpeg, `jdcolor.c`; the equations are those of JFIF 1.02, 16 bits of fraction.
enum ColourConversion {
    /// Writes `count` pixels of three bytes.
    ///
    /// - Precondition: each row has as many samples, and the target room.
    static func convert(
        _ luma: UnsafePointer<UInt8>, _ blue: UnsafePointer<UInt8>, _ red: UnsafePointer<UInt8>, count: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count {
            let y = Int32(luma[x])
            let (cb, cr) = (Int32(blue[x]) &- 128, Int32(red[x]) &- 128)
            target[3 &* x] = byte(y &+ (91881 &* cr &+ 32768) >> 16)
            target[3 &* x &+ 1] = byte(y &+ (-22554 &* cb &+ 32768 &- 46802 &* cr) >> 16)
            target[3 &* x &+ 2] = byte(y &+ (116130 &* cb &+ 32768) >> 16)
        }
    }

    /// Puts three rows of one colour each together.
    static func interleave(
        _ red: UnsafePointer<UInt8>, _ green: UnsafePointer<UInt8>, _ blue: UnsafePointer<UInt8>, count: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count {
            target[3 &* x] = red[x]
            target[3 &* x &+ 1] = green[x]
            target[3 &* x &+ 2] = blue[x]
        }
    }

    @inline(__always)
    private static func byte(_ value: Int32) -> UInt8 { UInt8(truncatingIfNeeded: max(0, min(255, value))) }
}
