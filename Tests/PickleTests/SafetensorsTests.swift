import Tensors
import Testing

@testable import Pickle

/// Row 74 of the attack list: every rule of the format, broken once.
@Suite struct SafetensorsTests {
    static func file(_ header: String, elements: Int = 0, length: Int? = nil) -> PickleBytes {
        var bytes: [UInt8] = []
        let count = UInt64(bitPattern: Int64(length ?? header.utf8.count))
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: count >> UInt64(shift))) }
        return PickleBytes(copying: bytes + Array(header.utf8) + [UInt8](repeating: 0, count: elements))
    }

    static let good =
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
        + #""b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}   "#

    @Test func tensorsAreListedInTheirOrder() throws {
        let listing = try SafetensorsFile(Self.file(Self.good, elements: 26)).listing
        #expect(listing.entries.map(\.name) == ["a", "b"])
        #expect(listing.entries.map(\.type) == ["FP32", "BF16"])
        #expect(listing.entries.map(\.byteCount) == [24, 2])
        #expect(listing.metadata.map(\.value) == ["pt"])
    }

    static let attacks: [(header: String, elements: Int, length: Int?)] = [
        ("", 0, 0), ("{}", 0, 1 << 62), ("{}", 0, -1), ("{}", 0, 100_000_001), ("{}", 0, 3), ("[]", 0, nil),
        ("{", 0, nil), ("nonsense", 0, nil), (#"{"a":1}"#, 0, nil),
        // Twice the same key.
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
            1, nil
        ),
        // Overlap, hole, trailing bytes, too short.
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
            3, nil
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#,
            3, nil
        ),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 2, nil),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 1, nil),
        // Size, shape and offsets against each other.
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0, nil),
        (#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"#, 1, nil),
        (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1, nil),
        // Types and metadata.
        (#"{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,1]}}"#, 1, nil),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1, nil),
        (#"{"__metadata__":{"a":1}}"#, 0, nil), (#"{"__metadata__":[]}"#, 0, nil),
    ]

    @Test(arguments: attacks.indices)
    func everyBrokenRuleIsRefused(_ index: Int) {
        let attack = Self.attacks[index]
        #expect(throws: PickleError.self, "\(attack)") {
            try SafetensorsFile(Self.file(attack.header, elements: attack.elements, length: attack.length))
        }
    }
}
