import Tensors
import Testing

@testable import Drift

@Suite struct ProfileTests {
    @Test func featuresAreNamedByTensorAndPlace() throws {
        let layout = try Self.layout()
        #expect(
            layout.features.map(\.name) == [
                "image[0]", "image[1]", "image[2]", "city", "ok", "wide.mean", "wide.deviation", "wide.smallest",
                "wide.largest", "scores[0]", "scores[1]", "scores.class", "label",
            ])
        #expect(layout.features.map(\.kind.rawValue) == [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(layout.features.map(\.role.rawValue) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    }

    @Test func tensorsBeyondTheLimitAreSummarised() throws {
        let row = try Tensor(zeros: .float32, Shape([1, 120]))
        let layout = FeatureLayout(
            inputs: (0..<70).map { ("t\($0)", row) }, outputs: [("no rows", try Tensor(zeros: .float32, .scalar))],
            rows: 1)
        #expect(layout.features.count <= FeatureLayout.mostFeatures)
        #expect(layout.sources.count { $0.view == .elements } == 2)
        #expect(layout.sources.count { $0.view == .summary } == 4)
    }

    @Test func rowsOfARequestEndInTheirFeatures() throws {
        let profile = try Self.profile(seed: 1, rows: 300)
        #expect(profile.rows == 300)
        #expect(profile.sketches.allSatisfy { $0.count == 300 })
        let named = Dictionary(uniqueKeysWithValues: zip(profile.layout.features.map(\.name), profile.sketches))
        #expect(named["wide.mean"]?.moments.smallest == 2)
        #expect(named["city"]?.top.ranked.map(\.value.description) == ["Bern", "Köln", "Oslo"])
        #expect(named["scores.class"]?.top.ranked.map(\.value.description).sorted() == ["0", "1"])
        #expect(named["ok"]?.kind == .category)
    }

    @Test func tensorsOfAnotherShapeAreLeftOut() throws {
        var profile = Profile(layout: try Self.layout())
        let other = try Tensor(zeros: .float32, Shape([5, 4]))
        #expect(profile.add([other, nil, nil, nil, nil, nil]) == 0)
        #expect(profile.rows == 0)
    }

    @Test func profilesMergeAndOthersAreRefused() throws {
        var one = try Self.profile(seed: 1, rows: 300)
        let other = try Self.profile(seed: 2, rows: 700)
        try one.merge(other)
        #expect(one.rows == 1000)
        #expect(one.sketches.allSatisfy { $0.count == 1000 })
        let stranger = Profile(layout: FeatureLayout(sources: []))
        #expect(throws: DriftError.self) { try one.merge(stranger) }
    }

    @Test func storedProfilesComeBackByteForByte() throws {
        for rows in [0, 1, 300, 2000] {
            let profile = try Self.profile(seed: UInt64(rows), rows: rows)
            let bytes = profile.encoded
            let back = try Profile(encoded: bytes)
            #expect(back.encoded == bytes)
            #expect(back.rows == profile.rows)
            #expect(back.layout == profile.layout)
            // What came back counts on.
            var grown = back
            try grown.merge(profile)
            #expect(grown.rows == 2 * profile.rows)
            #expect(try Profile(encoded: grown.encoded).rows == grown.rows)
        }
    }

    /// Cut anywhere, or with any byte changed, it is refused or is another sound profile; nothing traps.
    @Test func damagedProfilesAreRefusedOrSound() throws {
        let bytes = try Self.profile(seed: 4, rows: 40).encoded
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: DriftError.self) { try Profile(encoded: Array(bytes.prefix(length))) }
        }
        #expect(throws: DriftError.self) { try Profile(encoded: bytes + [0]) }
        var draw = SplitMix64(seed: 8)
        var sound = 0
        for _ in 0..<800 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &draw) {
                damaged[Int.random(in: 0..<bytes.count, using: &draw)] = UInt8.random(in: 0...255, using: &draw)
            }
            guard var profile = try? Profile(encoded: damaged) else { continue }
            sound += 1
            let copy = profile
            try profile.merge(copy)
            _ = DriftReport(reference: copy, windows: [profile, profile])
            _ = profile.encoded
        }
        #expect(sound > 0)
    }

    @Test(
        arguments: [
            ("another form", [0x53, 0x4C, 0x44, 0x50, 2]),
            ("too many tensors", [0x53, 0x4C, 0x44, 0x50, 1, 0, 0xFF, 0xFF, 0x03]),
            ("a name without an end", [0x53, 0x4C, 0x44, 0x50, 1, 0, 1, 0xFF, 0x01]),
            ("a row without elements", [0x53, 0x4C, 0x44, 0x50, 1, 0, 1, 1, 0x61, 0, 0, 0, 0, 0]),
            ("a row of more elements than any", [0x53, 0x4C, 0x44, 0x50, 1, 0, 1, 1, 0x61, 0, 0, 0, 0, 0xFF, 0x7F]),
            ("a number of ten bytes", [0x53, 0x4C, 0x44, 0x50, 1] + [UInt8](repeating: 0xFF, count: 10)),
            ("a needless byte", [0x53, 0x4C, 0x44, 0x50, 1, 0x80, 0x00, 0]),
        ] as [(String, [UInt8])]) func attacksAreRefusedBeforeMemoryIsAsked(_ name: String, _ bytes: [UInt8])
    {
        #expect(throws: DriftError.self, "\(name)") { try Profile(encoded: bytes) }
    }

    private static func layout() throws -> FeatureLayout {
        let tensors = try tensors(seed: 0, rows: 2)
        return FeatureLayout(inputs: Array(tensors.prefix(4)), outputs: Array(tensors.suffix(2)), rows: 2)
    }

    private static func profile(seed: UInt64, rows: Int) throws -> Profile {
        var profile = Profile(layout: try layout())
        if rows > 0 { profile.add(try tensors(seed: seed, rows: rows).map(\.tensor)) }
        return profile
    }

    private static func tensors(seed: UInt64, rows: Int) throws -> [(name: String, tensor: Tensor)] {
        var draw = SplitMix64(seed: seed)
        let image = (0..<rows * 3).map { _ in Float(draw.normal()) }
        let scores = (0..<rows * 2).map { _ in Double.random(in: 0...1, using: &draw) }
        let cities = (0..<rows).map { ["Köln", "Bern", "Oslo"][$0 % 3] }
        return [
            ("image", try Tensor(.float32, Shape([rows, 3]), values: image)),
            ("city", try Tensor(Shape([rows, 1]), strings: StringElements(cities))),
            ("ok", try Tensor(.bool, Shape([rows]), values: (0..<rows).map { UInt8($0 % 2) })),
            (
                "wide",
                try Tensor(.float32, Shape([rows, 400]), values: [Float](repeating: 2, count: rows * 400))
            ),
            ("scores", try Tensor(.float64, Shape([rows, 2]), values: scores)),
            ("label", try Tensor(.int64, Shape([rows]), values: (0..<rows).map { Int64($0 % 2) })),
        ]
    }
}
