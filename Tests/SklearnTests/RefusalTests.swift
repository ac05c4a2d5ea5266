import Foundation
import ModelGraph
import Pickle
import Tensors
import Testing

@testable import Sklearn

/// What is not rebuilt is refused in words that say what it is and how to go on.
@Suite struct RefusalTests {
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func refusal(_ source: [UInt8]) -> ConversionError? {
        do {
            _ = try Conversion.convert(try PickleFile(PickleBytes(copying: source)))
            return nil
        } catch {
            return error as? ConversionError
        }
    }

    @Test func whatIsDangerousIsNamedWithItsPlace() throws {
        let error = try #require(Self.refusal(Self.text("cos\nsystem\n(S'true'\ntR.")))
        #expect(error.message.contains("dangerous") && error.causes.first?.contains("'os.system' at byte 0") == true)
    }

    @Test func aClassOfTheOwnersOwnIsNamed() throws {
        let error = try #require(Self.refusal(Self.text("cmine\nModel\n(tR.")))
        #expect(error.causes.first?.contains("'mine.Model'") == true && error.help.contains("skl2onnx"))
    }

    @Test(arguments: [
        ("csklearn.svm._classes\nSVC\n)\u{81}}b.", "not on the list"),
        ("csklearn.linear_model._logistic\nLogisticRegression\n)\u{81}}b.", "not fitted"),
        ("(dp0\n.", "weights by name"), ("I3\n.", "found an integer"),
        ("cnumpy\nndarray\n.", "the name"),
    ])
    func otherContentsAreNamed(_ source: String, _ words: String) throws {
        let error = try #require(Self.refusal(source.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
        #expect(error.message.contains(words), "\(error.message)")
    }

    /// Pipelines in pipelines, without end: a pipeline that is its own step.
    @Test func aPipelineWithinItselfIsRefused() throws {
        let source =
            "csklearn.pipeline\nPipeline\n)\u{81}p0\n}S'steps'\n(lp1\n(S'a'\ng0\ntas"
            + "S'n_features_in_'\nI3\nsb."
        let error = try #require(Self.refusal(source.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
        #expect(error.message.contains("without end"), "\(error.message)")
    }
}
