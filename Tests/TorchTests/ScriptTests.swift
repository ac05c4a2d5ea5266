import ModelGraph
import Tensors
import Testing

@testable import Torch

/// TorchScript is followed and never run; what depends on data, or has no end, is refused with its line.
@Suite struct ScriptTests {
    private static func archive(_ body: String) -> TorchArchive? {
        let code =
            "class Net(Module):\n  __parameters__ = []\n  training : bool\n"
            + "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n"
            + body.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        // An object of __torch__.Net whose attributes are an empty dictionary; and no constants.
        let object: [UInt8] = [0x80, 2] + Array("c__torch__\nNet\n)".utf8) + [0x81] + Array("}b.".utf8)
        return TorchArchive(members: [
            "data.pkl": ByteView(copying: object).buffer,
            "constants.pkl": ByteView(copying: [0x80, 2] + Array(").".utf8)).buffer,
            "code/__torch__.py": ByteView(code).buffer,
        ])
    }

    private static func convert(_ body: String, _ shapes: [String] = ["N,4"]) throws(TorchError) -> Model {
        guard let archive = archive(body) else { throw TorchError("no archive") }
        return try TorchConversion.convert(archive, shapes: shapes.compactMap { InputShape($0) }).model
    }

    private static func refusal(_ body: String, _ shapes: [String] = ["N,4"]) -> TorchError? {
        do throws(TorchError) {
            _ = try convert(body, shapes)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsKnownBeforehandIsWorkedOutAndTheRestWritten() throws {
        let model = try Self.convert(
            """
            if torch.eq(torch.dim(x), 2):
              y = torch.relu(x)
            else:
              y = torch.tanh(x)
            _0, _1, = torch.split(y, 2, 1)
            for i in range(2):
              _0 = torch.add(_0, _1, alpha=2)
            return torch.view(_0, [torch.size(x, 0), -1])
            """)
        #expect(model.graph.nodes.map(\.operatorType).filter { $0 == "Relu" }.count == 1)
        #expect(!model.graph.nodes.contains { $0.operatorType == "Tanh" })
        #expect(model.graph.nodes.filter { $0.operatorType == "Add" }.count == 2)
        #expect(model.validate(ValidationOptions()).isValid)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: String
        var words: String

        init(_ name: String, _ body: String, _ words: String) {
            (testDescription, self.body, self.words) = (name, body, words)
        }
    }

    static let refusals: [Refusal] = [
        Refusal(
            "a choice by data", "if torch.gt(torch.sum(x), 0):\n  pass\nreturn x",
            "line 6: what comes next depends on a tensor"),
        Refusal(
            "a choice by an open size", "if torch.eq(torch.size(x, 0), 1):\n  pass\nreturn x",
            "line 6: what comes next depends"),
        Refusal("a loop by a condition", "while True:\n  pass\nreturn x", "line 6: 'while' is not followed"),
        Refusal("a call without end", "return (self).forward(x, )", "nested too deeply"),
        Refusal("an operator that is not rebuilt", "return torch.fft_fft(x)", "'torch.fft_fft'"),
        Refusal("a function of Python's", "return os.system(\"true\")", "'os.system', which is not rebuilt here"),
        Refusal("a name with a path", "return __torch__.../../etc.passwd(x)", "line 6"),
        Refusal("a name that stands for nothing", "return y", "'y' stands for nothing"),
        Refusal("brackets without end", "return " + String(repeating: "[", count: 5000), "brackets"),
        Refusal("a chain without end", "return x" + String(repeating: ".a", count: 5000), "too long a chain"),
        Refusal("a minus without end", "return " + String(repeating: "-", count: 5000) + "1", "nested too deeply"),
        Refusal(
            "a write into a part", "y = torch.select(x, 0, 0)\nz = torch.relu_(y)\nreturn x", "shares its elements"),
        Refusal(
            "an error of its own", "ops.prim.RaiseException(\"no\")\nreturn x", "the program refuses such values: 'no'"),
        Refusal("nothing to answer", "return 5", "gives no tensor"),
    ]

    @Test(arguments: refusals)
    func whatCannotBeFollowedIsRefusedWithItsLine(_ item: Refusal) throws {
        let error = try #require(Self.refusal(item.body))
        #expect(error.message.contains(item.words), "\(error)")
    }

    @Test func shapesAreAskedForWithTheNamesOfTheInputs() throws {
        let error = try #require(Self.refusal("return x", []))
        #expect(error.message.contains("x: Tensor") && error.help.contains("--shape N,1,28,28"), "\(error)")
    }

    @Test(
        arguments: [
            ("N,1,28,28", "[N, 1, 28, 28]", ElementType.float32), ("n,t:int64", "[n, t]", .int64),
            ("3", "[3]", .float32),
            (":bool", "[]", .bool),
        ])
    func aShapeIsReadAsAPersonWritesIt(_ text: String, _ sizes: String, _ type: ElementType) throws {
        let shape = try #require(InputShape(text))
        #expect(shape.type == type && "[\(shape.sizes.map(\.description).joined(separator: ", "))]" == sizes)
    }

    @Test(arguments: ["1,,2", "-1,2", "N,4:int128", "N 4", "../x", "99999999999999999999", "1:2:3"])
    func whatIsNoShapeIsNone(_ text: String) { #expect(InputShape(text) == nil) }
}
