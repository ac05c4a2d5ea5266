import Glibc
import Testing

@testable import Tensors

/// Decimal text becomes the very float that the C library finds, however it is written.
@Suite struct JSONNumberPropertyTests {
    /// Reads all of `texts` as one flat tensor and compares every bit pattern.
    private func check(_ texts: [String]) throws {
        let text = "[\(texts.joined(separator: ","))]"
        let floats = try elements(text, .float32, [texts.count], as: Float.self)
        let doubles = try elements(text, .float64, [texts.count], as: Double.self)
        var wrong: [String] = []
        for (index, text) in texts.enumerated() {
            let isRight =
                floats[index].bitPattern == strtof(text, nil).bitPattern
                && doubles[index].bitPattern == strtod(text, nil).bitPattern
            if !isRight { wrong.append(text) }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(texts.count), such as \(wrong.first ?? "")")
    }

    @Test func randomDecimalsAreReadAsTheCLibraryDoes() throws {
        var generator = SeededGenerator(seed: 1)
        try check((0..<80_000).map { _ in decimal(&generator) })
    }

    /// Digits of any number, a point anywhere or nowhere, an exponent or none, within FP32's range.
    private func decimal(_ generator: inout SeededGenerator) -> String {
        let whole = Int.random(in: 0...12, using: &generator)
        let fraction = Int.random(in: 0...(Bool.random(using: &generator) ? 9 : 40), using: &generator)
        var text = Bool.random(using: &generator) ? "-" : ""
        text += whole == 0 ? "0" : String(Int.random(in: 1...9, using: &generator))
        for _ in 1..<max(whole, 1) { text += String(Int.random(in: 0...9, using: &generator)) }
        if fraction > 0 {
            text += "."
            for _ in 0..<fraction { text += String(Int.random(in: 0...9, using: &generator)) }
        }
        if Bool.random(using: &generator) { text += "e\(Int.random(in: -60...25, using: &generator))" }
        return text
    }

    /// Those that are read eight bytes at a time: a point anywhere or nowhere, zeros before and after it.
    @Test func shortDecimalsAreReadAsTheCLibraryDoes() throws {
        var generator = SeededGenerator(seed: 4)
        var texts = (0..<10_000).map { String($0) } + (0..<10_000).map { "0.\($0)" } + ["0.0", "0.00000", "10.0000"]
        for _ in 0..<60_000 {
            let digits = Array(String(Int.random(in: 1...9_999_999, using: &generator)))
            let point = Int.random(in: 1...digits.count, using: &generator)
            texts.append(String(digits[..<point]) + (point < digits.count ? "." + String(digits[point...]) : ""))
        }
        try check(texts)
    }

    @Test(arguments: ["01", "1.", "1..2", ".5", "1.2.3", "00.5", "+1", "1 2", "1a", "0x1", "", "-", "1.e5", "9e"])
    func shortTextsThatAreNoNumbersAreRejected(_ text: String) {
        for tail in [",1,1,1,1,1]", "]          "] {
            #expect(throws: JSONError.self) { try elements("[\(text)\(tail)", .float32, [6], as: Float.self) }
        }
    }

    @Test func shortestFormsOfRandomFloatsAreRead() throws {
        var generator = SeededGenerator(seed: 2)
        let texts = (0..<60_000).compactMap { _ -> String? in
            let float = Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator))
            return float.isFinite ? float.description : nil
        }
        try check(texts)
    }

    @Test func midpointsBetweenFloatsAndTheirNeighboursAreRead() throws {
        var generator = SeededGenerator(seed: 3)
        var texts: [String] = []
        for _ in 0..<20_000 {
            let float = Float(bitPattern: UInt32.random(in: 0..<0x7F7F_FFFF, using: &generator))
            let midpoint = (Double(float) + Double(float.nextUp)) / 2
            texts += [midpoint.description, midpoint.nextUp.description, midpoint.nextDown.description]
        }
        try check(texts)
    }

    @Test func exactMidpointsAreTies() throws {
        var generator = SeededGenerator(seed: 4)
        var texts: [String] = []
        for _ in 0..<2_000 {
            let whole = UInt64.random(in: 1 << 24..<1 << 40, using: &generator)
            let float = Float(whole)
            let midpoint = (UInt64(float) + UInt64(float.nextUp)) / 2
            texts += [
                "\(midpoint)", "\(midpoint).0", "\(midpoint).\(String(repeating: "0", count: 900))1",
                "\(midpoint - 1).9999",
            ]
        }
        texts += ["1.00000005960464477539062500000000000000000000000000000000000001", "1.000000059604644775390625"]
        texts += ["1.000000178813934326171875", "1.17549429e-38", "7.0064923216240853e-46", "7.0064923216240854e-46"]
        texts += ["2.2250738585072011e-308", "9007199254740993", "9007199254740992.99999999999999999999999999"]
        texts += [
            "0.\(String(repeating: "0", count: 50))\(String(repeating: "1", count: 900))e45",
            "123456789012345678901234567890",
        ]
        try check(texts)
    }

    @Test func everyFloatWrittenReadsBackTheSame() throws {
        var generator = SeededGenerator(seed: 5)
        let floats = (0..<50_000).map { _ in Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator)) }
        let shape = try Shape([floats.count])
        var writer = JSONWriter(reserving: 0)
        try writer.tensorData(try Tensor(.float32, shape, values: floats))
        let copy = try elements(String(decoding: writer.bytes, as: UTF8.self), .float32, [floats.count], as: Float.self)
        let isSame = zip(floats, copy).allSatisfy { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern }
        #expect(isSame)
    }

    @Test func randomIntegersKeepTheirValue() throws {
        var generator = SeededGenerator(seed: 6)
        let values = (0..<20_000).map { _ in
            Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<64, using: &generator)
        }
        let text = "[\(values.map(String.init).joined(separator: ","))]"
        #expect(try elements(text, .int64, [values.count], as: Int64.self) == values)
        for value in values.prefix(2000) {
            let narrow = try? elements("[\(value)]", .int16, [1], as: Int16.self)
            #expect(narrow?.first == Int16(exactly: value))
        }
    }
}
