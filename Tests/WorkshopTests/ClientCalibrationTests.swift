import Comparing
import Compress
import Engines
import Optimize
import Tensors
import TestSupport
import Testing

@testable import Workshop

/// What clients send as data to look at values with: pictures in a folder, requests that were recorded.
@Suite struct ClientCalibrationTests {
    private let place: TemporaryDirectory
    private let pictures = Slipway.example("digits/images")

    init() throws { place = try TemporaryDirectory() }

    private func signature(_ dimensions: [Dimension], names: [String] = ["pixels"]) -> Signature {
        Signature(
            inputs: names.map { TensorSpec(name: $0, elementType: .float32, dimensions: dimensions) }, outputs: [])
    }

    private var images: Signature { signature([.unknown, .fixed(1), .fixed(8), .fixed(8)]) }

    /// With the processing of a version that takes pictures.
    private func processing() throws -> JSONValue {
        try JSONValue.parse(Array(#"{"pre":[{"input":"pixels","image":{}}]}"#.utf8))
    }

    private func batches(
        _ data: any CalibrationSource, of size: Int, _ signature: Signature
    ) throws -> [[Tensor]] {
        var batches: [[Tensor]] = []
        try data.forEachBatch(of: size, for: signature) { batches.append($0) }
        return batches
    }

    private func fault(_ body: () throws -> Void) -> String {
        #expect(throws: RuleFault.self, performing: body)?.reason ?? ""
    }

    // MARK: - Pictures

    @Test func picturesBecomeWhatTheGraphTakes() throws {
        let data = try ClientCalibration(folder: pictures, processing())
        #expect(data.rows == 10 && data.words == "10 pictures of images" && !data.isGenerated)
        let four = try batches(data, of: 4, images)
        #expect(four.map { $0[0].shape.dimensions } == [[4, 1, 8, 8], [4, 1, 8, 8], [2, 1, 8, 8]])
        let single = try batches(data, of: 1, images)
        #expect(single.count == 10)
        let values = try single.flatMap { try $0[0].doubles() }
        #expect(try four.flatMap { try $0[0].doubles() } == values)
        #expect(values.min() == 0 && (200...255).contains(values.max() ?? 0), "grey of pictures")
    }

    /// What is held and what is seen are all there is, each once.
    @Test func everyFourthBlockIsHeld() throws {
        for number in 0..<40 {
            let bytes = try WholeFile.bytes(of: "\(pictures)/\(number % 10).png", atMost: 1 << 20) { $0 }
            try TextFile.write(bytes, to: place.file("\(number + 100).png"))
        }
        let data = try ClientCalibration(folder: place.path, processing(), heldBlock: 4)
        let whole = try data.whole()
        var held: [Int] = []
        try data.forEachHeld(for: images) { row, tensors in
            held.append(row)
            #expect(tensors[0].rowCount == 1)
            return true
        }
        #expect(held == Array(24..<32))
        #expect(try batches(data, of: 8, images).compactMap { $0[0].rowCount } == [8, 8, 8, 8])
        #expect(try batches(whole, of: 100, images).compactMap { $0[0].rowCount } == [40])
        var first: [Int] = []
        try data.forEachHeld(for: images) { row, _ in
            first.append(row)
            return first.count < 3
        }
        #expect(first == [24, 25, 26], "no more than are wanted")
    }

    @Test func aFixedBatchIsFilledOrLeftOut() throws {
        let data = try ClientCalibration(folder: pictures, processing())
        let fixed = signature([.fixed(4), .fixed(1), .fixed(8), .fixed(8)])
        #expect(try batches(data, of: 1, fixed).compactMap { $0[0].rowCount } == [4, 4])
        let large = signature([.fixed(16), .fixed(1), .fixed(8), .fixed(8)])
        #expect(fault { _ = try batches(data, of: 1, large) }.contains("10 rows; the model takes 16 at a time"))
    }

    @Test func whatIsNoPictureIsNamed() throws {
        try TextFile.write("no picture", to: place.file("7.png"))
        let data = try ClientCalibration(folder: place.path, processing())
        let reason = fault { _ = try batches(data, of: 1, images) }
        #expect(reason.contains(": 7.png: ") && reason.contains("pixels"), "\(reason)")
    }

    @Test func aModelWithoutPicturesSaysSo() throws {
        let data = try ClientCalibration(folder: pictures, nil)
        #expect(fault { _ = try batches(data, of: 1, images) }.contains("the model takes none"))
    }

    @Test func aFolderWithNothingToReadSaysSo() throws {
        try TextFile.write("x", to: place.file(".hidden.png"))
        try TextFile.write("x", to: place.file("readme.txt"))
        #expect(fault { _ = try ClientCalibration(folder: place.path, processing()) }.contains("neither pictures"))
        #expect(fault { _ = try ClientCalibration(folder: place.file("none"), processing()) }.contains("cannot open"))
    }

    // MARK: - Requests

    private func row(_ values: [Float]) throws -> Tensor {
        try Tensor(.float32, Shape([1, values.count]), values: values)
    }

    private func record(_ requests: [[(name: String, tensor: Tensor)]], as name: String) throws {
        try TextFile.write(#require(RecordedRequests.encode(requests)), to: place.file(name))
    }

    @Test func newerRequestsComeFirst() throws {
        let two = try Tensor(.float32, Shape([2, 2]), values: [1, 2, 3, 4] as [Float])
        try record([[("x", two)], [("x", row([5, 6]))]], as: "1000-0.npz")
        try record([[("x", row([7, 8]))]], as: "2000-0.npz")
        let data = try ClientCalibration(folder: place.path, nil)
        let vectors = signature([.unknown, .fixed(2)], names: ["x"])
        #expect(try batches(data, of: 8, vectors).map { try $0[0].doubles() } == [[7, 8, 1, 2, 3, 4, 5, 6]])
        #expect(data.rows == nil && data.words.hasPrefix("recorded requests of '"))
    }

    /// Sentences of other lengths are batches of their own.
    @Test func rowsOfOtherShapesAreNotPutTogether() throws {
        try record([[("x", row([1, 2]))], [("x", row([3, 4]))], [("x", row([5, 6, 7]))]], as: "1-0.npz")
        let data = try ClientCalibration(folder: place.path, nil)
        let sentences = signature([.unknown, .unknown], names: ["x"])
        #expect(try batches(data, of: 8, sentences).map { $0[0].shape.dimensions } == [[2, 2], [1, 3]])
    }

    /// Zeros in its place would make ranges that nobody's requests have.
    @Test func whatIsNotRecordedIsSaid() throws {
        try record([[("x", row([1, 2]))]], as: "1-0.npz")
        let data = try ClientCalibration(folder: place.path, nil)
        let error = #expect(throws: WorkshopError.self) {
            try batches(data, of: 1, signature([.unknown, .fixed(2)], names: ["x", "y"]))
        }
        #expect(error?.message.contains("'y'") == true, "\(String(describing: error))")
    }

    @Test func aDamagedFileIsNamedAndOtherArraysAreNoRequests() throws {
        try record([[("x", row([1, 2]))]], as: "rows.npz")
        #expect(fault { _ = try ClientCalibration(folder: place.path, nil) }.contains("neither pictures"))
        try TextFile.write("PK", to: place.file("17-0.npz"))
        let data = try ClientCalibration(folder: place.path, nil)
        let reason = fault { _ = try batches(data, of: 1, signature([.unknown, .fixed(2)], names: ["x"])) }
        #expect(reason.contains(": 17-0.npz: "), "\(reason)")
    }

    @Test func whatIsNotFiniteIsSaidWithItsRow() throws {
        try record([[("x", row([1, 2]))], [("x", row([3, .nan]))]], as: "1-0.npz")
        let data = try ClientCalibration(folder: place.path, nil)
        let reason = fault { _ = try batches(data, of: 1, signature([.unknown, .fixed(2)], names: ["x"])) }
        #expect(reason.contains("row 2, column 2 is nan"), "\(reason)")
    }
}
