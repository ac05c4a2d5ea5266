/// The one thing in a camera's notes that matters to a model: how the camera was held.
///
/// Source: EXIF 2.32, tag 0x0112; TIFF 6.0, section 2.
enum EXIF {
    /// The orientation, 1 to 8, in the contents of an `APP1` segment; `nil` when there is none that can be read.
    static func orientation(_ segment: UnsafeRawBufferPointer) -> Int? {
        guard segment.count >= 14, segment.starts(with: Array("Exif\0\0".utf8)) else { return nil }
        return orientation(tiff: UnsafeRawBufferPointer(rebasing: segment[6...]))
    }

    /// The same in what comes after the segment's name.
    static func orientation(tiff: UnsafeRawBufferPointer) -> Int? {
        guard tiff.count >= 8 else { return nil }
        let isLittle = tiff[0] == UInt8(ascii: "I")
        func number(_ at: Int, _ size: Int) -> Int? {
            guard at >= 0, at <= tiff.count - size else { return nil }
            let bytes = tiff[at..<at + size]
            return isLittle
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(2, 2) == 42, let start = number(4, 4), let count = number(start, 2) else { return nil }
        for entry in 0..<count {
            let at = start + 2 + 12 * entry
            guard let tag = number(at, 2) else { return nil }
            if tag == 0x0112 {
                return number(at + 2, 2) == 3 ? number(at + 8, 2).flatMap { (1...8).contains($0) ? $0 : nil } : nil
            }
        }
        return nil
    }
}
