import Tensors
import Testing

/// How long a tensor's text can become is told before it is written.
@Suite struct JSONBoundTests {
    private static func text(_ tensor: Tensor) throws -> Int {
        var writer = JSONWriter(reserving: 64)
        try writer.tensorData(tensor)
        return writer.bytes.count
    }

    private static func tensor<Element: BitwiseCopyable>(_ type: ElementType, _ values: [Element]) throws -> Tensor {
        try Tensor(type, Shape([values.count]), values: values)
    }

    @Test func noTextIsLongerThanItsBound() throws {
        let tensors = try [
            Self.tensor(.bool, [0, 0, 1, 0] as [UInt8]), Self.tensor(.uint8, [UInt8](repeating: .max, count: 9)),
            Self.tensor(.int8, [Int8](repeating: .min, count: 9)),
            Self.tensor(.uint16, [UInt16](repeating: .max, count: 9)),
            Self.tensor(.int16, [Int16](repeating: .min, count: 9)),
            Self.tensor(.uint32, [UInt32](repeating: .max, count: 9)),
            Self.tensor(.int32, [Int32](repeating: .min, count: 9)),
            Self.tensor(.uint64, [UInt64](repeating: .max, count: 9)),
            Self.tensor(.int64, [Int64](repeating: .min, count: 9)),
            Self.tensor(
                .float32,
                [-Float.leastNormalMagnitude.nextDown, -.greatestFiniteMagnitude, -.infinity, .nan] as [Float]),
            Self.tensor(
                .float64, [-.leastNormalMagnitude, -.greatestFiniteMagnitude, -1.7976931348623157e308] as [Double]),
            Tensor(Shape([3]), strings: StringElements(["\u{1}\u{2}\u{3}", "", "\"\\\n"])),
            Self.tensor(.float32, [Float]()),
        ]
        for tensor in tensors {
            #expect(try Self.text(tensor) <= JSONWriter.tensorDataBound(tensor), "\(tensor.elementType)")
        }
    }

    @Test func ofManyRandomNumbersNoneIsLonger() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let floats = (0..<100).map { _ in Float(bitPattern: UInt32.random(in: 0...(.max), using: &generator)) }
            let doubles = (0..<100).map { _ in Double(bitPattern: UInt64.random(in: 0...(.max), using: &generator)) }
            for tensor in [try Self.tensor(.float32, floats), try Self.tensor(.float64, doubles)] {
                #expect(try Self.text(tensor) <= JSONWriter.tensorDataBound(tensor))
            }
        }
    }
}
