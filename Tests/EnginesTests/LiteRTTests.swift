import Foundation
import LiteRT
import Tensors
import Testing

@testable import Engines

/// What only LiteRT does: it runs TFLite files, has graphs translated, and has a plan for each set of shapes.
@Suite struct LiteRTOnly {
    static func example(_ name: String) -> String {
        URL(filePath: #filePath).appending(path: "../../../Examples/\(name)").standardizedFileURL.path
    }

    @Test(arguments: ["nonzero", "fill", "expand", "tile", "range"])
    func aGraphWhoseSizesDependOnNumbersIsRefusedWhenItIsLoaded(_ model: String) throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session(model, on: .liteRT) }
        #expect(error?.code == .modelRejected)
        #expect(error?.engine == .liteRT)
    }

    @Test func anOperatorWithoutACounterpartIsNamed() throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session("nonzero", on: .liteRT) }
        #expect(error?.message.contains("(NonZero): LiteRT has no counterpart") == true, "\(error?.message ?? "")")
    }

    @Test func withoutATranslatorOnlyItsOwnFilesRun() throws {
        let engine = try EngineCatalog().engine(.liteRT)
        let error = #expect(throws: EngineError.self) {
            try engine.load(.file(Fixtures.path("mlp")), options: SessionOptions())
        }
        #expect(error?.code == .unsupported)
        let session = try engine.load(.file(Self.example("tflite/steps.tflite")), options: SessionOptions())
        #expect(session.signature.inputs.map(\.shapeDescription) == ["[1, 3, 4]"])
        #expect(try session.run([Tensor(zeros: .float32, Shape([1, 3, 4]))])[0].shape.dimensions == [1, 2])
    }

    /// An open batch in the file itself is resized, the same rows give the same answers in any company.
    @Test func aFileWithAnOpenBatchTakesAnyNumberOfRows() throws {
        let session = try Fixtures.engine(.liteRT).load(
            .file(Self.example("tflite/vision.tflite")), options: SessionOptions())
        #expect(session.signature.inputs.map(\.dimensions) == [[.unknown, .fixed(12), .fixed(10), .fixed(3)]])
        let row = (0..<360).map { Float($0 % 29) / 29 }
        let alone = try #require(session.run([Fixtures.floats([1, 12, 10, 3], row)])[0].floats)
        for rows in [3, 1, 2] {
            let input = try Fixtures.floats([rows, 12, 10, 3], (0..<rows).flatMap { _ in row })
            let answers = try #require(session.run([input])[0].floats)
            #expect(answers.count == rows * 5)
            for index in answers.indices { #expect(abs(answers[index] - alone[index % 5]) < 1e-6) }
        }
    }

    @Test func integersOfAFileGoInAndOutAsTheyAre() throws {
        let session = try Fixtures.engine(.liteRT).load(
            .file(Self.example("tflite/vision-int8.tflite")), options: SessionOptions())
        #expect(session.signature.inputs.map(\.elementType) == [.int8])
        let output = try session.run([Tensor(zeros: .int8, Shape([2, 12, 10, 3]))])[0]
        #expect(output.elementType == .int8 && output.shape.dimensions == [2, 5])
    }

    @Test(arguments: [
        [UInt8](repeating: 0, count: 4) + Array("TFL3".utf8) + [UInt8](repeating: 0xFF, count: 64),
        Array("....TFL3".utf8),
    ])
    func bytesThatOnlyBeginAsAFileAreRejected(_ bytes: [UInt8]) throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.engine(.liteRT).load(.memory(Fixtures.buffer(bytes)), options: SessionOptions())
        }
        #expect(error?.code == .modelRejected)
        #expect(error?.nativeCode != nil)
    }

    @Test func aFileThatIsCutOffIsRejected() throws {
        let whole = try Data(contentsOf: URL(filePath: Self.example("tflite/vision.tflite")))
        for share in [0.1, 0.5, 0.9, 0.99] {
            let bytes = [UInt8](whole.prefix(Int(Double(whole.count) * share)))
            #expect(throws: EngineError.self) {
                try Fixtures.engine(.liteRT).load(.memory(Fixtures.buffer(bytes)), options: SessionOptions())
            }
        }
    }

    @Test func moreShapesThanPlansAreKeptStillAnswer() throws {
        let session = try Fixtures.session("mlp", on: .liteRT)
        for rows in Array(1...(LiteRTPlanShelf.capacity + 4)) + [1, 2] {
            let pixels = MLPReference.pixels(rows: rows)
            #expect(try session.run([Fixtures.floats([rows, 4], pixels)])[0].floats == MLPReference.scores(pixels))
        }
    }

    @Test func thePlanThatWasUsedLongestAgoGoes() throws {
        var shelf = LiteRTPlanShelf()
        var made: [Int] = []
        let library = try LiteRTLibrary(path: try #require(Self.library))
        func use(_ rows: Int) throws {
            let shapes = [try Shape([rows])]
            _ = shelf.plan(for: shapes) {
                made.append(rows)
                return LiteRTPlan(library, .graph(NoGraph()), NoGraph().signature, shapes, SessionOptions())
            }
        }
        for rows in 0..<LiteRTPlanShelf.capacity { try use(rows) }
        try use(0)
        try use(1000)
        try use(0)
        try use(1)
        #expect(made == Array(0..<LiteRTPlanShelf.capacity) + [1000, 1])
    }

    static var library: String? { EngineCatalog().survey().first { $0.kind == .liteRT }?.path }

    static let versions: [(String, String)] = [
        ("/engines/litert-2.3.0/libLiteRt.so", "2.3.0"), ("libLiteRt.so", "0.0"), ("/usr/lib/libLiteRt.so", "0.0"),
        ("/engines/litert-nightly/libLiteRt.so", "0.0"),
    ]

    @Test(arguments: versions)
    func theVersionIsThatOfTheDirectory(_ path: String, _ version: String) {
        #expect(LiteRTLibrary.version(ofDirectory: path) == version)
    }

    @Test func precisionsItHasNotAreUnsupported() throws {
        let error = #expect(throws: EngineError.self) {
            try Fixtures.session("mlp", on: .liteRT) { $0.precision = .bfloat16 }
        }
        #expect(error?.code == .unsupported)
    }

    @Test func rowsOfNothingThatMakeSomethingAreRefused() throws {
        let session = try Fixtures.engine(.liteRT).load(
            .file(Self.example("tflite/vision.tflite")), options: SessionOptions())
        let error = #expect(throws: EngineError.self) {
            try session.run([Tensor(zeros: .float32, Shape([0, 12, 10, 3]))])
        }
        #expect(error?.code == .invalidInput)
    }
}

/// A graph that nobody translates.
private struct NoGraph: GraphTranslation {
    let signature = Signature(inputs: [], outputs: [])

    func file(for shapes: [Shape]) throws(TranslationFault) -> TensorBuffer { throw TranslationFault("no graph") }

    func outputShapes(for shapes: [Shape]) -> [Shape]? { nil }
}
