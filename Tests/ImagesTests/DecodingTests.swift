import Images
import Tensors
import Testing

@Suite struct DecodingTests {
    @Test(arguments: Fixture.names)
    func everyPixelIsPillows(name: String) throws {
        let decoded = try Fixture.decode(try Fixture.bytes(name))
        let expected = try #require(Fixture.expected["images"]?[name])
        #expect(decoded.image.width == expected["width"]?.intValue)
        #expect(decoded.image.height == expected["height"]?.intValue)
        #expect(decoded.image.channels == expected["channels"]?.intValue)
        #expect(Fixture.checksum(decoded.image.bytes) == expected["crc"]?.intValue)
        #expect(decoded.orientation == expected["orientation"]?.intValue)
    }

    @Test func thereAreManyImages() { #expect(Fixture.names.count >= 68) }

    @Test func everyResizedPixelIsPillows() throws {
        let cases = try #require(Fixture.expected["resized"]?.arrayValue)
        #expect(cases.count >= 24)
        for item in cases {
            let name = try #require(item["name"]?.stringValue)
            let image = try Fixture.decode(try Fixture.bytes(name)).image
            let resized = image.resized(
                width: try #require(item["width"]?.intValue), height: try #require(item["height"]?.intValue),
                try #require(item["filter"]?.stringValue.flatMap(ResizeFilter.init)))
            #expect(Fixture.checksum(resized.bytes) == item["crc"]?.intValue, "\(item.encodedString())")
        }
    }

    @Test func aPictureIsTurnedAsItsCameraWasHeld() throws {
        // Numbered pixels, 3 x 2; what EXIF says each orientation makes of them.
        let image = PixelImage(width: 3, height: 2, channels: 1, bytes: [1, 2, 3, 4, 5, 6])
        let turned: [Int: [UInt8]] = [
            1: [1, 2, 3, 4, 5, 6], 2: [3, 2, 1, 6, 5, 4], 3: [6, 5, 4, 3, 2, 1], 4: [4, 5, 6, 1, 2, 3],
            5: [1, 4, 2, 5, 3, 6], 6: [4, 1, 5, 2, 6, 3], 7: [6, 3, 5, 2, 4, 1], 8: [3, 6, 2, 5, 1, 4],
        ]
        for (orientation, bytes) in turned {
            let result = image.oriented(orientation)
            #expect(result.bytes == bytes, "orientation \(orientation)")
            #expect(result.width == (orientation < 5 ? 3 : 2))
        }
    }

    // MARK: - What is refused

    @Test(arguments: [
        ([UInt8]("GIF89a".utf8), ImageError.Code.unknownFormat, "GIF"), ([], .unknownFormat, "no bytes"),
        ([0xFF, 0xD8, 0xFF], .malformed, "ends early"), ([0xFF, 0xD8, 0xFF, 0xD9], .malformed, "no frame"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .malformed, "ends early"),
        // 65535 x 65535 pixels, promised in 21 bytes.
        (
            [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1],
            .tooLarge,
            "65535 x 65535"
        ),
        ([0xFF, 0xD8, 0xFF, 0xC9, 0, 2], .unsupported, "arithmetic"),
        ([0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 12, 0, 1, 0, 1, 1, 1, 0x11, 0], .unsupported, "12 bits"),
        ([0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 0, 0, 1, 1, 1, 0x11, 0], .malformed, "1 x 0"),
        ([0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x50, 0], .malformed, "sampling"),
    ])
    func whatCannotBeAnImageIsRefusedWithItsReason(bytes: [UInt8], code: ImageError.Code, words: String) {
        #expect { try Fixture.decode(bytes) } throws: { error in
            guard let error = error as? ImageError else { return false }
            return error.code == code && error.message.contains(words)
        }
    }

    @Test func fourColoursAreRefusedClearly() throws {
        let bytes = try Fixture.bytes("cmyk.jpg")
        #expect { try Fixture.decode(bytes) } throws: { "\($0)".contains("CMYK") }
    }

    @Test(arguments: ["baseline-420-64x48.jpg", "progressive-444-17x33.jpg", "restart.jpg", "plain-rgb8.png"])
    func anImageThatEndsEarlyIsRefused(name: String) throws {
        let bytes = try Fixture.bytes(name)
        // The last two bytes of a JPEG image are a marker that many files lack.
        for length in stride(from: 0, to: bytes.count - 2, by: 7) {
            // Scans that are whole make a picture, however coarse.
            if name.hasPrefix("progressive"), (try? Fixture.decode(Array(bytes[..<length]))) != nil { continue }
            #expect(throws: ImageError.self, "\(length) of \(bytes.count) bytes") {
                try Fixture.decode(Array(bytes[..<length]))
            }
        }
    }

    @Test func aChangedByteOfAPNGImageIsNoticed() throws {
        let bytes = try Fixture.bytes("adam7-rgb8.png")
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: ImageError.self, "byte \(index)") { try Fixture.decode(damaged) }
        }
    }

    @Test(arguments: ["baseline-420-64x48.jpg", "progressive-420-17x33.jpg", "restart-progressive.jpg", "grey.jpg"])
    func damagedImagesAreDecodedOrRefusedButNeverTrap(name: String) throws {
        let bytes = try Fixture.bytes(name)
        var state: UInt64 = 0x9E37_79B9
        for _ in 0..<400 {
            var damaged = bytes
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(state >> 33) % damaged.count] = UInt8(truncatingIfNeeded: state >> 24)
            }
            _ = try? Fixture.decode(damaged, limits: ImageLimits(pixels: 1 << 16))
        }
    }

    @Test func theLimitOfPixelsActsBeforeAnythingIsAllocated() throws {
        for name in ["baseline-420-64x48.jpg", "plain-rgb8.png"] {
            let bytes = try Fixture.bytes(name)
            #expect { try Fixture.decode(bytes, limits: ImageLimits(pixels: 100)) } throws: {
                ($0 as? ImageError)?.code == .tooLarge
            }
        }
    }
}
