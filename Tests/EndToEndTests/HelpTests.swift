import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// What helps people: `doctor`, `explain`, completion, the manual.
    @Suite
    struct HelpTests {
        /// A fault that is put into a home with a model, and the line by which the doctor names it.
        struct Fault: CustomTestStringConvertible, Sendable {
            var name: String
            /// A line of shell; `$SLIPWAY_HOME` is the home.
            var making: String
            var environment: [String: String] = [:]
            var subject: String
            var state: String
            var words: String

            var testDescription: String { name }
        }

        static let faults = [
            Fault(name: "none", making: "true", subject: "blobs", state: "ok", words: "as they were stored"),
            Fault(
                name: "an altered blob",
                making:
                    #"f=$(ls -S "$SLIPWAY_HOME"/blobs/sha256/* | head -n 1); chmod u+w "$f"; printf X | dd of="$f" bs=1 seek=99 conv=notrunc"#,
                subject: "blobs", state: "fail", words: "holds other bytes than were stored"),
            Fault(
                name: "a missing blob", making: #"rm -f "$(ls -S "$SLIPWAY_HOME"/blobs/sha256/* | head -n 1)""#,
                subject: "blobs", state: "fail", words: "is missing"),
            Fault(
                name: "a damaged database",
                making:
                    #"rm -f "$SLIPWAY_HOME"/slipway.db-*; head -c 300000 /dev/zero | tr '\0' Z | dd of="$SLIPWAY_HOME/slipway.db" bs=1 seek=100 conv=notrunc"#,
                subject: "database", state: "fail", words: "damaged"),
            Fault(
                name: "a home for all", making: #"chmod 777 "$SLIPWAY_HOME""#, subject: "home", state: "fail",
                words: "can be written by others"),
            Fault(
                name: "no engines", making: "true",
                environment: ["SLIPWAY_ENGINES": "/nowhere", "XDG_DATA_HOME": "/nowhere"],
                subject: "engine onnxruntime", state: "warn", words: "no library found in /nowhere"),
            Fault(
                name: "an engine that is none",
                making:
                    #"mkdir "$SLIPWAY_HOME/fake"; for n in libonnxruntime.so libonnxruntime.so.1; do echo no library > "$SLIPWAY_HOME/fake/$n"; done"#,
                environment: ["SLIPWAY_ENGINES": "FAKE", "XDG_DATA_HOME": "/nowhere"], subject: "engine onnxruntime",
                state: "fail", words: "file too short"),
            Fault(
                name: "a misspelt variable", making: "true", environment: ["SLIPWAY_HOEM": "/x"],
                subject: "environment",
                state: "warn", words: "SLIPWAY_HOEM"),
        ]

        @Test(arguments: faults)
        func theDoctorNamesTheFault(_ fault: Fault) async throws {
            let home = try TemporaryDirectory()
            let environment = fault.environment.mapValues { $0 == "FAKE" ? home.path + "/fake" : $0 }
            let plain = try Slipway(home: home)
            try await plain.expect("import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--no-run")
            let made = try await plain.shell(fault.making + " 2>&1")
            try #require(made.exitCode == 0, "\(made)")
            let slipway = try Slipway(home: home, environment: environment)
            let outcome = try await slipway.run(["doctor", "--json"])
            let findings = outcome.json?.arrayValue ?? []
            let finding = try #require(
                findings.first {
                    $0["subject"]?.stringValue == fault.subject && $0["state"]?.stringValue == fault.state
                },
                "\(outcome)")
            #expect(finding["text"]?.stringValue?.contains(fault.words) == true, "\(finding)")
            #expect(fault.state == "ok" || finding["fix"]?.stringValue?.isEmpty == false, "\(finding)")
            let hasFailed = findings.contains { $0["state"]?.stringValue == "fail" }
            #expect(outcome.exitCode == (hasFailed ? 1 : 0), "\(outcome)")
            #expect(fault.state != "fail" || hasFailed)
        }

        @Test
        func theDoctorWritesABundleWithoutSecrets() async throws {
            let slipway = try Slipway(environment: ["SLIPWAY_TOKEN": "slw_" + String(repeating: "k", count: 43)])
            let path = slipway.scratch.file("bundle.json")
            let outcome = try await slipway.run(["doctor", "--bundle", path])
            #expect(outcome.talk.contains("written: \(path)"), "\(outcome)")
            let text = try TextFile.read(path)
            #expect(!text.contains("kkkk") && !text.contains(slipway.home.path))
            #expect(try JSONValue.parse(Array(text.utf8))["findings"]?.arrayValue?.isEmpty == false)
        }

        @Test
        func aRunningServerIsNoFault() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { _ in
                let outcome = try await slipway.run(["doctor", "--json"])
                let server = outcome.json?.arrayValue?.first { $0["subject"]?.stringValue == "server" }
                #expect(server?["state"]?.stringValue == "ok", "\(outcome)")
                #expect(server?["text"]?.stringValue?.contains("is ready with 1 endpoint") == true, "\(outcome)")
            }
        }

        @Test
        func anErrorIsExplainedInAllForms() async throws {
            let slipway = try Slipway()
            let text = try await slipway.expect("explain", "SW6101").output
            #expect(text.hasPrefix("SW6101  There is no such model, version or alias\n\n"), "\(text)")
            for heading in ["Usual causes", "What to do", "Example"] { #expect(text.contains("\n\(heading)\n")) }
            #expect(try await slipway.json("explain", "sw6101")["code"]?.stringValue == "SW6101")
            let all = try await slipway.expect("explain", "-o", "name").output.split(separator: "\n")
            #expect(all.count > 40 && all.allSatisfy { $0.wholeMatch(of: /SW\d{4}/) != nil })
            let unknown = try await slipway.run(["explain", "SW6109"])
            #expect(unknown.exitCode == 3 && unknown.output == "")
            #expect(
                unknown.talk.hasPrefix("error[SW9002]: there is no error code 'SW6109'\n   help: did you mean SW6101"))
            // Nobody at a terminal: the error is all there is.
            let error = try await slipway.run(["show", "digits:9"])
            #expect(!error.talk.contains("see: "), "\(error)")
        }

        // MARK: - Completion

        /// What bash offers for a line, by the function that the script defines.
        private static func offers(_ slipway: Slipway, _ line: String) async throws -> [String] {
            let outcome = try await slipway.shell(
                #"""
                PATH="$(dirname '\#(try Slipway.binary())'):$PATH" bash -c '
                set -f
                source <(slipway completion bash)
                COMP_LINE="$1"; COMP_POINT=${#1}; COMP_WORDS=(); rest="$1"
                while [[ "$rest" =~ ^[[:space:]]*([^[:space:]:@]+|[:@]) ]]; do
                    COMP_WORDS+=("${BASH_REMATCH[1]}"); rest="${rest:${#BASH_REMATCH[0]}}"
                done
                [[ "$1" == *" " ]] && COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                current="${COMP_WORDS[COMP_CWORD]}"
                [[ "$current" == : ]] && current=""
                _slipway_glued slipway "$current" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf "%s\n" "${COMPREPLY[@]}"
                ' bash '\#(line)'
                """#)
            #expect(outcome.exitCode == 0, "\(outcome)")
            return outcome.output.split(separator: "\n").map(String.init).sorted()
        }

        @Test
        func bashCompletesVerbsOptionsAndNamesOfTheHome() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try await slipway.expect("alias", "digits@prod", "digits:1")
            let cases: [(line: String, offers: [String])] = [
                ("slipway rollb", ["rollback"]), ("slipway status d", ["digits"]), ("slipway rollback ", ["digits"]),
                ("slipway rm digits:", ["1", "2"]), ("slipway rm digits:2", ["2"]), ("slipway deploy x", []),
                ("slipway rm d", ["digits:1", "digits:2", "digits@prod"]), ("slipway rm digits@", ["@prod"]),
                ("slipway explain SW100", ["SW1001", "SW1002", "SW1003", "SW1004"]),
                ("slipway completion z", ["zsh"]), ("slipway list --js", ["--json"]),
                ("slipway status --home /nowhere d", []),
            ]
            for (line, expected) in cases {
                let offered = try await Self.offers(slipway, line).filter { !$0.isEmpty }
                #expect(offered == expected.sorted(), "\(line)")
            }
        }

        @Test
        func completionMakesNoHome() async throws {
            let slipway = try Slipway()
            let home = slipway.scratch.file("none")
            #expect(try await Self.offers(slipway, "slipway status --home \(home) d").filter { !$0.isEmpty } == [])
            #expect(access(home, F_OK) != 0)
        }

        // MARK: - The manual

        @Test
        func theManualIsWrittenAndWellFormed() async throws {
            let slipway = try Slipway()
            let folder = slipway.scratch.file("man")
            let pages = try await slipway.expect("man", folder, "-o", "name").output.split(separator: "\n").map(
                String.init)
            #expect(pages.count > 20 && pages.contains("\(folder)/man1/slipway-deploy.1"))
            // With mandoc where it is, else with groff, which every Debian has that has man.
            let check = try await slipway.shell(
                """
                for page in '\(folder)'/man*/*; do
                    if command -v mandoc >/dev/null; then
                        mandoc -T lint -W warning "$page" | grep -v 'missing date'
                    elif command -v groff >/dev/null; then
                        groff -man -ww -Tutf8 "$page" 2>&1 >/dev/null
                    fi
                done; true
                """)
            #expect(check.output == "", "\(check)")
            let one = try await slipway.expect("man", "--page", "deploy").output
            #expect(one == (try TextFile.read("\(folder)/man1/slipway-deploy.1")))
        }
    }
}
