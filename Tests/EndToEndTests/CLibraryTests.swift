import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// A version inside a program in C: compiled, run, and compared with the server.
    @Suite
    struct CLibraryTests {
        /// The C compiler that is part of the Swift toolchain, wherever that is.
        private static let compiler = "\"$(dirname \"$(readlink -f \"$(command -v swift)\")\")/clang\""

        @Test
        func aProgramInCAnswersAsTheServerDoes() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = slipway.scratch.file("digits-c")
            let made = try await slipway.json("package", "digits:1", "--c-library", folder)
            #expect(made["files"]?.arrayValue?.contains("slipway_model.h") == true, "\(made)")
            let built = try await slipway.shell(
                "make -C '\(folder)' CC=\(Self.compiler) CFLAGS='-O1 -std=gnu11 -Wall -Wextra -Werror' 2>&1")
            #expect(built.exitCode == 0, "\(built)")

            let digits = try DigitsExample()
            let row = digits.agreed[0]
            let pixels = try #require(try digits.row(row).values(as: Float.self))
            let values = pixels.withUnsafeBytes { [UInt8]($0) }
            try TextFile.write(values, to: slipway.scratch.file("row.bin"))
            let answered = try await slipway.shell("'\(folder)/example' '\(slipway.scratch.file("row.bin"))'")
            #expect(answered.exitCode == 0, "\(answered)")
            #expect(answered.output.hasPrefix("digits:1\n"))
            #expect(answered.output.contains("logits_argmax: \(digits.labels[row])\n"), "\(answered)")
            let logits = Self.numbers(answered.output, "logits")
            try await slipway.expect("deploy", "digits:1")
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(try digits.request(row))
                #expect(reply["logits"]?.values(as: Float.self) == logits, "\(answered)")
            }
        }

        @Test
        func aProgramWithoutItsEngineSaysSo() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = slipway.scratch.file("digits-c")
            try await slipway.expect("package", "digits:1", "--c-library", folder)
            let made = try await slipway.shell(
                "make -C '\(folder)' CC=\(Self.compiler) 2>&1 && SLIPWAY_ONNXRUNTIME=libc.so.6 '\(folder)/example'")
            #expect(made.exitCode == 1 && made.talk.contains("it has no function OrtGetApiBase"), "\(made)")
            let other = try await slipway.run(["package", "digits:1", "--c-library", slipway.scratch.path])
            #expect(other.exitCode != 0 && other.talk.contains("SW6403"), "\(other)")
        }

        /// The numbers behind a name, up to the class's name in brackets.
        private static func numbers(_ text: String, _ name: String) -> [Float] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name): ") } ?? ""
            return line.split(separator: " ").dropFirst().compactMap { Float(String($0)) }
        }
    }
}
