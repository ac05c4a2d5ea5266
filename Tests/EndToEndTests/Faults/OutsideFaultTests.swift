import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Faults F38 and F42: lists of endpoints that are wrong, and a log that nobody reads.
    @Suite
    struct OutsideFaultTests {
        /// F38: what is wrong is named with its place, and what serves serves on.
        @Test
        func aListThatIsWrongChangesNothingAndSaysWhere() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let file = slipway.scratch.file("endpoints.json")
                let wrong = [
                    (
                        "{\"endpoints\": [\n  {\"endpoint\": \"digits\", \"version\": digits:2}]}",
                        ["endpoints.json", "line 2"]
                    ),
                    (#"{"endpoints": [{"endpoint": "digits", "version": "digits:2", "shares": 1}]}"#, ["'shares'"]),
                    (#"{"endpoints": [{"endpoint": "digits", "version": "digits:9"}]}"#, ["no version 9"]),
                    (
                        #"{"endpoints": [{"endpoint": "digits", "version": "digits:2"}, {"endpoint": "x", "version": "no:1"}]}"#,
                        ["no model 'no'"]
                    ),
                ]
                for (text, words) in wrong {
                    try TextFile.write(text, to: file)
                    let outcome = try await slipway.run(["apply", file])
                    #expect(outcome.exitCode != 0, "\(text)")
                    for word in words { #expect(outcome.talk.contains(word), "\(word): \(outcome)") }
                    #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                }
                try TextFile.write(#"{"endpoints": [{"endpoint": "digits", "version": "digits:2"}]}"#, to: file)
                try await slipway.expect("apply", file)
                #expect(try await client.infer(digits.request(0)).modelVersion == "2")
            }
        }

        /// F42: a pipe that is full, then read, then closed.
        @Test
        func aLogThatNobodyReadsHoldsUpNoRequestAndWhatWasLostIsCounted() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let pipe = slipway.scratch.file("log")
            #expect(mkfifo(pipe, 0o600) == 0)
            let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            try #require(reader >= 0)
            // F_SETPIPE_SZ, which Swift's Glibc lacks.
            #expect(fcntl(reader, 1031, 4096) >= 4096)
            let ended = try await slipway.serving(
                ["serve", "--verbose"], under: ["sh", "-c", #"exec "$@" 2>"\#(pipe)""#, "sh"]
            ) { server in
                let client = InferenceClient(try server.dataPlane())
                func ask(_ count: Int) async throws {
                    for index in 0..<count {
                        #expect(try await client.infer(digits.request(index)).modelVersion == "1")
                    }
                }
                try await ask(100)
                _ = Self.drained(reader)
                var text = ""
                try await wait(for: "the count of what was lost") {
                    try await ask(1)
                    text += Self.drained(reader)
                    return text.contains("log lines were dropped")
                }
                close(reader)
                try await ask(50)
            }
            #expect(ended.exitCode == 0, "\(ended)")
        }

        private static func drained(_ descriptor: Int32) -> String {
            var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    }
}
