import Images
import Tensors
import Testing

@Suite struct RecipeTests {
    private static func recipe(_ text: String) throws -> ImageRecipe {
        try ImageRecipe(json: JSONValue.parse(Array(text.utf8)))
    }

    @Test(arguments: [
        "{}", "{\"size\":[224,200]}", "{\"shorter\":256,\"filter\":\"bicubic\"}",
        "{\"size\":[8,8],\"order\":\"BGR\",\"layout\":\"NHWC\",\"orient\":true}",
    ])
    func recipesAreWrittenAsTheyAreRead(text: String) throws {
        #expect(try Self.recipe(text).json.encodedString() == text)
    }

    @Test(arguments: [
        "[]", "{\"size\":[224]}", "{\"size\":[0,1]}", "{\"size\":[99999,1]}", "{\"shorter\":\"x\"}",
        "{\"filter\":\"box\"}",
        "{\"order\":\"rgb\"}", "{\"layout\":\"CHW\"}", "{\"orient\":1}", "{\"sice\":[1,1]}",
    ])
    func whatIsNoRecipeIsRefused(text: String) {
        #expect { try Self.recipe(text) } throws: { ($0 as? ImageError)?.code == .invalidStep }
    }

    @Test(arguments: [
        ("{}", ElementType.uint8, [2, 3, 8, 8], true), ("{}", .float32, [2, 8, 8, 3], true),
        ("{}", .uint8, [2, 8, 8, 1], true),
        ("{}", .float16, [2, 3, 8, 8], false), ("{}", .uint8, [2, 3, 8], false), ("{}", .uint8, [2, 4, 8, 8], false),
        ("{\"size\":[8,9]}", .uint8, [2, 3, 8, 8], false), ("{\"shorter\":7}", .uint8, [2, 3, 8, 8], false),
        ("{}", .uint8, [2, 3, 8, 3], false), ("{\"layout\":\"NCHW\"}", .uint8, [2, 3, 8, 3], true),
    ])
    func aRecipeHasToFitItsInput(text: String, type: ElementType, sizes: [Int], fits: Bool) throws {
        let recipe = try Self.recipe(text)
        let plan = try? ImagePlan(recipe, type: type, dimensions: sizes.map(Dimension.fixed))
        #expect((plan != nil) == fits)
    }

    /// Two pixels, red and blue, in every layout and order.
    @Test(arguments: [
        ("{\"layout\":\"NCHW\"}", [255, 0, 0, 0, 0, 255]), ("{\"layout\":\"NHWC\"}", [255, 0, 0, 0, 0, 255]),
        ("{\"layout\":\"NCHW\",\"order\":\"BGR\"}", [0, 255, 0, 0, 255, 0]),
        ("{\"layout\":\"NHWC\",\"order\":\"BGR\"}", [0, 0, 255, 255, 0, 0]),
    ])
    func coloursGoWhereTheyBelong(text: String, expected: [Float]) throws {
        let png = try PNGEncoder.encode(
            PixelImage(width: 2, height: 1, channels: 3, bytes: [255, 0, 0, 0, 0, 255]))
        var images = StringElements()
        images.append(png)
        let recipe = try Self.recipe(text)
        let sizes: [Dimension] =
            recipe.layout == .channelsFirst
            ? [.symbol("N"), .fixed(3), .fixed(1), .fixed(2)] : [.symbol("N"), .fixed(1), .fixed(2), .fixed(3)]
        let plan = try ImagePlan(recipe, type: .float32, dimensions: sizes)
        let tensor = try plan.tensor(of: images, limits: ImageLimits(), budget: 100)
        #expect(tensor.values(as: Float.self) == expected)
    }

    @Test func theImagesOfARunShareOneBudget() throws {
        let png = try PNGEncoder.encode(
            PixelImage(width: 10, height: 10, channels: 1, bytes: [UInt8](repeating: 7, count: 100)))
        var images = StringElements()
        for _ in 0..<3 { images.append(png) }
        let plan = try ImagePlan(ImageRecipe(), type: .uint8, dimensions: [.unknown, .fixed(1), .fixed(2), .fixed(2)])
        #expect(try plan.tensor(of: images, limits: ImageLimits(), budget: 300).shape.dimensions == [3, 1, 2, 2])
        #expect { try plan.tensor(of: images, limits: ImageLimits(), budget: 299) } throws: {
            "\($0)".hasPrefix("image 2:")
        }
    }

    @Test func theShorterSideIsBroughtToItsSizeAndTheMiddleCutOut() throws {
        // 4 columns of two grey values each; the middle two remain.
        let bytes: [UInt8] = [10, 20, 30, 40, 10, 20, 30, 40]
        let png = try PNGEncoder.encode(PixelImage(width: 4, height: 2, channels: 1, bytes: bytes))
        var images = StringElements()
        images.append(png)
        let plan = try ImagePlan(
            Self.recipe("{\"shorter\":2}"), type: .uint8, dimensions: [.unknown, .fixed(1), .fixed(2), .fixed(2)])
        let tensor = try plan.tensor(of: images, limits: ImageLimits(), budget: 100)
        #expect(tensor.values(as: UInt8.self) == [20, 30, 20, 30])
    }

    @Test func aLongThinPictureCannotBecomeEnormous() throws {
        let png = try PNGEncoder.encode(
            PixelImage(width: 60_000, height: 1, channels: 1, bytes: [UInt8](repeating: 0, count: 60_000)))
        var images = StringElements()
        images.append(png)
        let plan = try ImagePlan(
            Self.recipe("{\"shorter\":256}"), type: .uint8, dimensions: [.unknown, .fixed(1), .fixed(8), .fixed(8)])
        #expect { try plan.tensor(of: images, limits: ImageLimits(), budget: 1 << 20) } throws: {
            ($0 as? ImageError)?.code == .tooLarge
        }
    }
}
