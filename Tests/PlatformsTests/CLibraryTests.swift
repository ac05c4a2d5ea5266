import Glibc
import Tensors
import Testing

@testable import Platforms

/// What stands in a library for C.
@Suite struct CLibraryTests {
    static func spec(_ name: String, _ type: ElementType, _ dimensions: [Dimension]?) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    private func library(
        _ inputs: [TensorSpec], _ outputs: [TensorSpec] = [spec("y", .float32, [.symbol("N"), .fixed(3)])],
        classes: [String] = []
    ) -> CLibrary {
        CLibrary(
            reference: "digits:3", digest: "sha256:00", signature: Signature(inputs: inputs, outputs: outputs),
            classes: classes, model: "/nowhere/model.onnx", engine: (directory: "/nowhere", version: "1.31.1"))
    }

    private func text(_ library: CLibrary, _ name: String) throws -> String {
        try #require(CText(library: library).files.first { $0.name == name }?.content)
    }

    static let literals: [(String, String)] = [
        ("plain", #""plain""#), ("a\"b", #""a\042b""#), (#"a\b"#, #""a\134b""#), ("??/", #""\077\077/""#),
        ("new\nline", #""new\012line""#), ("é", #""\303\251""#), ("", #""""#), ("*/ 1", #""*/ 1""#),
    ]

    /// Octal has three digits at most: whatever follows is not taken in.
    @Test(arguments: literals)
    func aNameIsALiteralWhateverIsInIt(_ name: String, _ literal: String) {
        #expect(CText.quoted(name) == literal)
    }

    @Test func constantsSayWhatTheModelTakes() throws {
        let library = library(
            [
                Self.spec("x", .float32, [.symbol("N"), .fixed(4)]), Self.spec("s", .int64, []),
                Self.spec("u", .bool, nil),
            ],
            classes: ["cat", "dog"])
        let header = try text(library, "slipway_model.h")
        for line in [
            "#define SLIPWAY_MODEL_REFERENCE \"digits:3\"", "#define SLIPWAY_MODEL_INPUTS 3",
            "#define SLIPWAY_MODEL_OUTPUTS 1", "#define SLIPWAY_MODEL_LABELS 2",
        ] {
            #expect(header.contains(line + "\n"), "\(line)")
        }
        #expect(!header.contains("CONSTANTS") && !header.contains("SUBJECT"))
        let ports = try text(library, "slipway_model_ports.c")
        for line in [
            "{\"x\", SLIPWAY_FLOAT32, 2, {-1, 4}},", "{\"s\", SLIPWAY_INT64, 0, {0}},",
            "{\"u\", SLIPWAY_BOOL, -1, {0}},", "\"cat\",\n    \"dog\",\n    NULL,",
        ] {
            #expect(ports.contains(line), "\(line)")
        }
    }

    @Test(arguments: [
        ([spec("x", .string, [.fixed(1)])], "input 'x' holds"),
        ([spec("x", .complex64, [.fixed(1)])], "input 'x' holds"),
        ([spec("x", .float32, [Dimension](repeating: .fixed(1), count: 9))], "more than 8 dimensions"),
        ([spec("x\0y", .float32, [.fixed(1)])], "a name C cannot hold"), ([], "nothing to be called with"),
    ])
    func whatCannotBePassedIsRefusedByName(_ inputs: [TensorSpec], _ words: String) throws {
        let error = #expect(throws: PlatformError.self) { try library(inputs).write(to: "/nowhere/out") }
        #expect(error?.code == .invalid && error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func anotherPlaceIsNotWrittenTo() throws {
        let error = #expect(throws: PlatformError.self) { try CLibrary.requireRoom(in: "/etc") }
        #expect(error?.code == .conflict)
    }

    /// The runtime's numbers of functions are those that `Engines` uses.
    @Test func everyTemplateIsThere() throws {
        let names = CText(library: library([Self.spec("x", .float32, [.fixed(1)])])).files
        #expect(names.allSatisfy { $0.content.count > 100 })
        #expect(names.map(\.name).contains("CMakeLists.txt"))
    }
}
