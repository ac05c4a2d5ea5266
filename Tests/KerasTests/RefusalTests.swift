import Foundation
import ModelGraph
import Tensors
import Testing

@testable import Keras

/// What is not rebuilt is refused before any work, in words that say what it is and how to go on.
@Suite struct RefusalTests {
    private static func file(_ name: String) throws -> KerasFile {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
        return try KerasFile(try MappedFile(path: path, maximumBytes: 1 << 20).buffer)
    }

    private static func refusal(_ name: String) throws -> KerasError? {
        do throws(KerasError) {
            _ = try KerasConversion.convert(try Self.opened(name))
            return nil
        } catch {
            return error
        }
    }

    private static func opened(_ name: String) throws(KerasError) -> KerasFile {
        do {
            return try file(name)
        } catch {
            throw error as? KerasError ?? KerasError("\(error)")
        }
    }

    @Test(arguments: ["lambda.keras", "lambda.h5"])
    func aLambdaIsNamedAndFoundDangerous(_ name: String) throws {
        let error = try #require(try Self.refusal(name))
        #expect(error.causes.count == 1 && error.causes[0].contains("'armed' (Lambda)"), "\(error.causes)")
        #expect(error.help.contains("model.export"))
        let scan = KerasScan(try Self.file(name))
        #expect(scan.outcome == .dangerous)
        #expect(scan.findings[0].place == "armed" && scan.findings[0].reason?.contains("Python code") == true)
    }

    @Test func everyLayerThatIsNotRebuiltIsNamedAtOnce() throws {
        let error = try #require(try Self.refusal("refused.keras"))
        #expect(error.message.contains("5 layers"), "\(error)")
        let text = error.causes.joined(separator: "\n")
        for words in [
            "'words' (Embedding) masks", "'doubled' (Doubled) is of its owner's own class",
            "'steps' (LSTM) is given a value for 'mask'",
            "'not_equal' (NotEqual) is not rebuilt",
            "'odd' (Dense) has the activation 'sparsemax'",
        ] {
            #expect(text.contains(words), "\(text)")
        }
        let scan = KerasScan(try Self.file("refused.keras"))
        #expect(scan.outcome == .unknown)
        #expect(
            scan.findings.contains { $0.name.contains("Doubled") && $0.verdict == .unknown && $0.place == "doubled" })
    }

    @Test func aFileOfWeightsAloneIsListed() throws {
        let file = try Self.file("dense.weights.h5")
        #expect(file.configuration == nil)
        #expect(try KerasSummary(file).parameterCount == 11)
        #expect(try Self.refusal("dense.weights.h5")?.message.contains("weights alone") == true)
    }

    @Test func mixedPrecisionIsComputedInSinglePrecisionAndSaysSo() throws {
        let converted = try KerasConversion.convert(try Self.file("mixed.keras"))
        #expect(converted.notes.count == 1 && converted.notes[0].contains("half precision"))
    }

    @Test func theExamplesAreHarmless() throws {
        for folder in Examples.folders {
            for name in try Examples(folder).files {
                let path = "\(Examples.root)/\(folder)/\(name)"
                let file = try KerasFile(try MappedFile(path: path, maximumBytes: 1 << 22).buffer)
                let scan = KerasScan(file)
                #expect(scan.outcome == .harmless, "\(path): \(scan.findings.prefix(3))")
                #expect(scan.layerCount > 1)
                #expect(try KerasSummary(file).layers.count > 1)
            }
        }
    }

    // MARK: - Options

    private static func fault(_ className: String, _ options: String, module: String = "keras.layers") -> String? {
        let text = """
            {"class_name": "\(className)", "module": "\(module)", "name": "it", "config": \(options)}
            """
        do {
            let layer = try LayerConfig(try JSONValue.parse(Array(text.utf8)), generation: 3)
            _ = try LayerCatalog.operation(layer)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("Dense", "{}", "no 'units'"), ("Dense", "{\"units\": 0}", "whole number"),
        ("Dense", "{\"units\": 1e300}", "whole number"), ("Dense", "{\"units\": -3}", "whole number"),
        ("Dense", "{\"units\": 3, \"activation\": \"my_own\"}", "activation 'my_own'"),
        ("Dense", "{\"units\": 3, \"dtype\": \"float16\"}", "computes in 'float16'"),
        ("Dense", "{\"units\": 3, \"dtype\": {\"config\": {\"name\": \"int8_from_float32\"}}}", "int8"),
        ("Conv2D", "{\"filters\": 3, \"kernel_size\": [3]}", "1 numbers"),
        ("Conv2D", "{\"filters\": 3, \"kernel_size\": 3, \"data_format\": \"channels_first\"}", "channels first"),
        ("Conv2D", "{\"filters\": 3, \"kernel_size\": 3, \"padding\": \"causal\"}", "padding 'causal'"),
        ("Conv2D", "{\"filters\": 3, \"kernel_size\": 1000000000}", "at most 65536"),
        ("Conv2DTranspose", "{\"filters\": 3, \"kernel_size\": 3, \"output_padding\": [1, 1]}", "output_padding"),
        ("LSTM", "{\"units\": 3, \"stateful\": true}", "stateful"),
        ("LSTM", "{\"units\": 3, \"activation\": \"mish\"}", "in loops"),
        ("Embedding", "{\"input_dim\": 3, \"output_dim\": 2, \"mask_zero\": true}", "mask_zero"),
        ("LayerNormalization", "{\"rms_scaling\": true}", "rms_scaling"), ("Masking", "{}", "masks"),
        ("UpSampling2D", "{\"size\": 2, \"interpolation\": \"lanczos3\"}", "lanczos3"),
        ("MultiHeadAttention", "{\"num_heads\": 2, \"key_dim\": 2, \"attention_axes\": [2]}", "axes"),
        ("TimeDistributed", "{\"layer\": {\"class_name\": \"Sequential\", \"config\": {}}}", "network within"),
        ("StringLookup", "{}", "not rebuilt"),
    ])
    func optionsThatAreNotCarriedAreNamed(_ className: String, _ options: String, _ words: String) {
        let text = Self.fault(className, options) ?? "nothing"
        #expect(text.contains(words) && text.contains("'it' (\(className))"), "\(text)")
    }

    @Test func aClassOfTheOwnersOwnIsNoLayerOfKerasUnderTheSameName() {
        #expect(Self.fault("Dense", "{\"units\": 3}", module: "mine.layers")?.contains("owner's own class") == true)
    }
}
