import ModelGraph
import Tensors
import Testing

@testable import Torch

/// What is not rebuilt, and what lies about itself, is refused in words that say what it is and how to go on.
@Suite struct RefusalTests {
    private static func refusal(_ program: MadeProgram) throws -> TorchError? {
        let archive = try #require(program.archive)
        do throws(TorchError) {
            _ = try TorchConversion.convert(archive)
            return nil
        } catch {
            return error
        }
    }

    @Test func theProgramThatTheAttacksAreMadeOfIsRebuilt() throws {
        #expect(try Self.refusal(MadeProgram()) == nil)
    }

    @Test func everyOperatorThatIsNotRebuiltIsNamedAtOnce() throws {
        var program = MadeProgram()
        program.calls.append(.init("torch.ops.aten.fft_fft.default", "self", "y", "z"))
        program.calls.append(.init("torch.ops.mine.own.default", "self", "z", "u"))
        program.calls.append(.init("torch.ops.mine.own.default", "self", "u", "v"))
        let error = try #require(try Self.refusal(program))
        #expect(error.message.contains("2 operators"), "\(error)")
        #expect(error.causes == ["'torch.ops.aten.fft_fft.default'", "'torch.ops.mine.own.default', 2 times"])
        #expect(error.help.contains("torch.onnx.export"))
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var words: String
        var change: @Sendable (inout MadeProgram) -> Void

        init(_ name: String, _ words: String, _ change: @escaping @Sendable (inout MadeProgram) -> Void) {
            (testDescription, self.words, self.change) = (name, words, change)
        }
    }

    static let attacks: [Attack] = [
        Attack("a weight longer than its bytes", "reach beyond its 12 elements") { $0.weight.sizes = [4, 4] },
        Attack("steps beyond the bytes", "reach beyond") { $0.weight.strides = [4, 1 << 40] },
        Attack("steps whose sum overflows", "reach beyond") { $0.weight.strides = [.max, .max] },
        Attack("steps backwards", "do not fit") { $0.weight.strides = [-3, 1] },
        Attack("a place before the beginning", "do not fit") { $0.weight.offset = -1 },
        Attack("a place beyond the end", "reach beyond") { $0.weight.offset = .max },
        Attack("sizes whose product overflows", "more elements than") { $0.weight.sizes = [1 << 40, 1 << 40] },
        Attack("one number repeated without end", "more than its storage") {
            ($0.weight.sizes, $0.weight.strides) = ([1 << 20, 1 << 20], [0, 0])
        },
        Attack("as many sizes as steps and one more", "do not fit") { $0.weight.strides = [1] },
        Attack("a weight that is not in the file", "is not in the file") { $0.weight.file = "../../etc/passwd" },
        Attack("a weight that only code would make", "only running code") { $0.weight.isPickled = true },
        Attack("a value that nothing makes", "which nothing before it makes") { $0.calls[0].operand = "later" },
        Attack("a circle", "which nothing before it makes") { $0.calls[0].operand = "y" },
        Attack("sizes that its calls do not make", "the file says that it makes FP32 [2, 7]") {
            $0.stated = [2, 7]
        },
        Attack("an output that is none", "is no tensor") { $0.output = "nothing" },
        Attack("an argument that is not carried", "is given 'mystery'") { $0.calls[0].extra = "mystery" },
        Attack("a program of another time", "version 99 of its format") { $0.format = 99 },
        Attack("a buffer that is written", "each time it runs") { $0.writes = true },
        Attack("brackets without end", "is no JSON") { $0.tail = String(repeating: "[", count: 100_000) },
    ]

    @Test(arguments: attacks)
    func whatLiesIsRefused(_ attack: Attack) throws {
        var program = MadeProgram()
        attack.change(&program)
        let error = try #require(try Self.refusal(program))
        #expect(error.message.contains(attack.words), "\(error)")
    }

    @Test func aNameWithAPathIsMadeInert() throws {
        var program = MadeProgram()
        program.input = "../x\u{1B}[2J/é"
        program.calls[0].operand = program.input
        let model = try TorchConversion.convert(try #require(program.archive)).model
        #expect(model.graph.inputs.map(\.name) == [".._x__2J__"], "\(model.graph.inputs.map(\.name))")
    }

    @Test func onlyWhatPyTorchExportsIsOpened() {
        let bytes = ByteView("x").buffer
        #expect(TorchArchive(members: ["data.pkl": bytes, "data/0": bytes]) == nil)
        #expect(TorchArchive(members: ["models/model.json": bytes]) == nil)
        #expect(
            TorchArchive(members: ["data.pkl": bytes, "constants.pkl": bytes, "code/a.py": bytes])?.layout == .script)
    }
}
