import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct HostileFileTests {
        /// A file that is no model, made by a line of shell in an empty folder.
        struct Hostile: CustomTestStringConvertible, Sendable {
            var name: String
            var making: String
            /// 3: there is no such file that could be read; 7: it was read, and is not a model.
            var exitCode: Int32

            var testDescription: String { name }
            var file: String { name.hasPrefix("/") ? name : "\(name).onnx" }
        }

        private static let mlp = Slipway.example("digits/mlp.onnx")

        static let files = [
            Hostile(name: "garbage", making: "dd if=/dev/urandom of=garbage.onnx bs=1 count=5000", exitCode: 7),
            Hostile(name: "zeros", making: "head -c 100000 /dev/zero > zeros.onnx", exitCode: 7),
            Hostile(name: "empty", making: ": > empty.onnx", exitCode: 7),
            Hostile(name: "header-only", making: "head -c 21 '\(mlp)' > header-only.onnx", exitCode: 7),
            Hostile(name: "half", making: "head -c 35000 '\(mlp)' > half.onnx", exitCode: 7),
            Hostile(name: "all-but-one", making: "head -c 69540 '\(mlp)' > all-but-one.onnx", exitCode: 7),
            Hostile(name: "doubled", making: "cat '\(mlp)' /etc/hostname > doubled.onnx", exitCode: 7),
            Hostile(
                name: "pickle",
                making: #"python3 -c "import pickle; open('pickle.onnx','wb').write(pickle.dumps(print))""#,
                exitCode: 7),
            Hostile(name: "zip", making: "cp '\(Slipway.example("digits/held-out.npz"))' zip.onnx", exitCode: 7),
            Hostile(name: "sparse", making: "truncate -s 1T sparse.onnx", exitCode: 7),
            Hostile(name: "three-gigabytes", making: "truncate -s 3G three-gigabytes.onnx", exitCode: 7),
            Hostile(name: "folder", making: "mkdir folder.onnx", exitCode: 3),
            Hostile(name: "pipe", making: "mkfifo pipe.onnx", exitCode: 3),
            Hostile(name: "loop", making: "ln -s loop.onnx loop.onnx", exitCode: 3),
            Hostile(name: "nowhere", making: "ln -s missing nowhere.onnx", exitCode: 3),
            Hostile(name: "missing", making: ":", exitCode: 3),
            Hostile(name: "/dev/zero", making: ":", exitCode: 3),
            Hostile(name: "/proc/self/mem", making: ":", exitCode: 7),
        ]

        @Test(arguments: files)
        func aFileThatIsNoModelIsRefusedAndHarmsNothing(_ hostile: Hostile) async throws {
            let slipway = try Slipway()
            let made = try await slipway.shell("cd '\(slipway.scratch.path)' && \(hostile.making) 2>&1")
            try #require(made.exitCode == 0, "\(made)")
            let path = hostile.name.hasPrefix("/") ? hostile.name : slipway.scratch.file(hostile.file)
            for verb in [["show"], ["import", "--name", "hostile"], ["run", "--port", "0"]] {
                let outcome = try await slipway.run([verb[0], path] + verb.dropFirst(), within: 20)
                #expect(outcome.exitCode == hostile.exitCode, "\(verb[0]): \(outcome)")
                #expect(outcome.output == "", "\(verb[0]): \(outcome)")
                let first = outcome.talk.split(separator: "\n").first ?? ""
                #expect(first.wholeMatch(of: /error\[SW7\d\d\d\]: .+/) != nil, "\(verb[0]): \(outcome)")
                // Which file: the person may have given several.
                #expect(first.contains(hostile.file.split(separator: "/").last ?? "?"), "\(verb[0]): \(outcome)")
            }
            #expect(try await slipway.json("list") == .array([]))
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
        }

        @Test
        func aServerServesOnWhileHostileFilesAreImported() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let file = slipway.scratch.file("half.onnx")
            try TextFile.write(Array(try TextFile.bytes(Self.mlp).prefix(35_000)), to: file)
            let ended = try await slipway.serving { server in
                let address = try ServerAddress(server.dataAddress)
                let load = try await LoadGenerator(address, samples: try digits.samples(for: address)).start()
                for _ in 0..<3 { #expect(try await slipway.run(["import", file, "--name", "digits"]).exitCode == 7) }
                let broken = try await slipway("import", Slipway.example("digits/broken.onnx"), "--name", "digits")
                #expect(broken.exitCode == 7, "\(broken)")
                let report = await load.stop()
                #expect(report.ok > 0 && report.failed == 0 && report.wrong == 0, "\(report.messages)")
            }
            #expect(ended.exitCode == 0)
            #expect(try await slipway.json("list").arrayValue?.count == 1)
        }

        @Test
        func processingAndEvaluationFilesAreHostileToo() async throws {
            let slipway = try Slipway()
            let garbage = slipway.scratch.file("garbage")
            try TextFile.write([0x80, 0x04, 0x95, 0xff, 0x00] + Array("cos\nsystem\n".utf8), to: garbage)
            let processed = try await slipway("import", Self.mlp, "--processing", garbage)
            #expect(processed.exitCode != 0 && processed.talk.contains("error[SW"), "\(processed)")
            let ending = slipway.scratch.file("garbage.npz")
            try TextFile.write(try TextFile.bytes(garbage), to: ending)
            try await slipway.expect("import", Self.mlp)
            let evaluated = try await slipway("evaluate", "mlp:1", "--data", ending)
            #expect(evaluated.exitCode != 0 && evaluated.talk.contains("error[SW"), "\(evaluated)")
            #expect(evaluated.talk.contains("garbage.npz"), "\(evaluated)")
        }
    }
}
