import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// The command line on models and versions, without a server.
    @Suite
    struct CommandLineTests {
        private static func example(_ path: String) -> String { Slipway.example(path) }

        /// A home with two versions of `digits` and one of `iris`, one alias, and a deployment with a canary.
        private static func furnished() async throws -> Slipway {
            let slipway = try Slipway()
            let processing = example("digits/processing.json")
            try await slipway.expect(
                "import", example("digits/mlp.onnx"), "--name", "digits", "--processing", processing, "--evaluation",
                example("digits/held-out.npz"), "--note", "the first")
            try await slipway.expect(
                "import", example("digits/cnn.onnx"), "--name", "digits", "--processing", processing)
            try await slipway.expect("import", example("iris/iris.onnx"), "--label", "flower=iris")
            try await slipway.expect("alias", "digits@prod", "digits:1")
            try await slipway.expect("deploy", "digits:1", "--note", "go")
            return slipway
        }

        // MARK: - What the verbs do

        @Test
        func importingTheSameAgainGivesTheVersionThatIsThere() async throws {
            let slipway = try Slipway()
            let arguments = [
                "import", Self.example("digits/mlp.onnx"), "--processing", Self.example("digits/processing.json"),
                "--evaluation", Self.example("digits/held-out.npz"), "--json",
            ]
            let first = try await slipway.run(arguments).json
            let second = try await slipway.run(arguments).json
            #expect(first?["outcome"]?.stringValue == "added")
            #expect(second?["outcome"]?.stringValue == "present")
            #expect(first?["digest"] == second?["digest"] && first?["digest"] != nil)
            let known = try await slipway.json("show", "mlp:1")["known"]?.arrayValue ?? []
            let kinds = known.compactMap { $0["kind"]?.stringValue }.sorted()
            #expect(kinds.count == Set(kinds).count, "said twice: \(kinds)")

            let plain = try await slipway.json("import", Self.example("digits/mlp.onnx"))
            #expect(plain["reference"]?.stringValue == "mlp:2", "without the processing it is another version")
            #expect(try await slipway.json("list").arrayValue?.count == 2)
        }

        @Test
        func anAliasRemembersWhereItPointed() async throws {
            let slipway = try await Self.furnished()
            try await slipway.expect("alias", "digits@prod", "digits:2", "--note", "better")
            try await slipway.expect("alias", "digits@prod", "--remove", "--note", "no more")
            let history = try await slipway.json("alias", "digits@prod").arrayValue ?? []
            #expect(history.map { $0["to"]?.intValue } == [nil, 2, 1])
            #expect(history.map { $0["from"]?.intValue } == [2, 1, nil])
            #expect(history.map { $0["note"]?.stringValue } == ["no more", "better", ""])
        }

        @Test
        func aBareNameIsTheOnlyVersionElseProd() async throws {
            let slipway = try await Self.furnished()
            #expect(try await slipway.expect("show", "iris", "-o", "name").output == "iris:1\n")
            #expect(try await slipway.expect("show", "digits", "-o", "name").output == "digits:1\n")
            try await slipway.expect("alias", "digits@prod", "--remove")
            let ambiguous = try await slipway("show", "digits")
            #expect(ambiguous.exitCode == 64)
            #expect(ambiguous.talk.contains("'digits:2', 'digits:1'"), "\(ambiguous)")
        }

        @Test
        func aRemovedVersionComesBackWhole() async throws {
            let slipway = try await Self.furnished()
            let before = try await slipway.json("show", "iris:1")
            try await slipway.expect("rm", "iris:1")
            #expect(try await slipway("show", "iris:1").exitCode == 3)
            try await slipway.expect("rm", "--undo", "iris:1")
            let after = try await slipway.json("show", "iris:1")
            for member in ["digest", "labels", "note", "signature", "known", "summary"] {
                #expect(after[member] == before[member], "\(member)")
            }
            try await slipway.expect("rm", "iris:1")
            let again = try await slipway.json("import", Self.example("iris/iris.onnx"), "--note", "anew")
            #expect(again["reference"]?.stringValue == "iris:2", "numbers are never used again")
        }

        @Test
        func whatIsNeededIsNotRemoved() async throws {
            let slipway = try await Self.furnished()
            let refused = try await slipway("rm", "digits:1")
            #expect(refused.exitCode == 5)
            #expect(refused.talk.contains("endpoint 'digits'") && refused.talk.contains("'digits@prod'"), "\(refused)")
        }

        @Test
        func evaluationMeasuresWhatPythonDid() async throws {
            let slipway = try await Self.furnished()
            let digits = try DigitsExample()
            let first = try await slipway.json("evaluate", "digits:1")
            #expect(first["accuracy"]?.doubleValue == digits.accuracy["mlp"])
            let second = try await slipway.json(
                "evaluate", "digits:2", "--data", Self.example("digits/held-out.npz"), "--engine", "openvino")
            #expect(second["accuracy"]?.doubleValue == digits.accuracy["cnn"])
            let rows = second["confusion"]?.arrayValue?.map { $0.arrayValue?.compactMap(\.intValue) ?? [] } ?? []
            #expect(rows.joined().reduce(0, +) == digits.labels.count)

            let flowers = try await slipway.json("evaluate", "iris:1", "--data", Self.example("iris/iris.csv"))
            let expected = try JSONValue.parse(TextFile.bytes(Self.example("iris/expected.json")))
            #expect(flowers["accuracy"]?.doubleValue == expected["accuracy"]?.doubleValue)
            #expect(flowers["classes"]?.arrayValue?.compactMap(\.stringValue) == ["setosa", "versicolor", "virginica"])
        }

        // MARK: - Forms of answers

        /// Each line of arguments, on a furnished home, answers with exactly one JSON value and nothing beside it.
        @Test
        func everyVerbAnswersInJSON() async throws {
            let slipway = try await Self.furnished()
            let lines = [
                "version", "list", "list digits", "show digits:1", "show Examples/digits/cnn.onnx", "evaluate digits:1",
                "alias digits", "alias iris@best iris:1", "alias iris@best", "alias iris@best --remove",
                "import Examples/iris/iris-zipmap.onnx", "rm iris-zipmap:1", "rm --undo iris-zipmap:1",
                "plan digits:2", "deploy digits:2 --dry-run", "deploy digits:2 --canary 10%", "promote", "rollback",
                "status", "history", "diff", "undeploy", "token create ci", "token list", "stop",
            ]
            for line in lines {
                for form in ["--json", "-o json", "-o jsonl"] {
                    // Only the first of the three may change something.
                    if form != "--json", !Self.isReading(line) { continue }
                    let outcome = try await slipway.run("\(line) \(form)".split(separator: " ").map(String.init))
                    #expect(outcome.exitCode == 0, "\(line) \(form): \(outcome)")
                    #expect(outcome.talk == "", "\(line) \(form): \(outcome)")
                    let values =
                        form == "-o jsonl" ? outcome.output.split(separator: "\n") : [Substring(outcome.output)]
                    for value in values {
                        #expect(throws: Never.self, "\(line) \(form)") { try JSONValue.parse(Array(value.utf8)) }
                    }
                }
            }
        }

        private static func isReading(_ line: String) -> Bool {
            ["version", "list", "show", "plan", "status", "history", "diff"].contains { line.hasPrefix($0) }
        }

        @Test
        func coloursNeedATerminalThatWantsThem() async throws {
            let slipway = try Slipway()
            let escape = "\u{1B}["
            let command = "'\(try Slipway.binary())' show nope:1"
            let cases: [(line: String, isColoured: Bool)] = [
                ("env -u NO_COLOR \(command)", false), ("env -u NO_COLOR CLICOLOR_FORCE=1 \(command)", true),
                ("script -qec \"\(command)\" /dev/null", false),
                ("env -u NO_COLOR TERM=xterm script -qec \"\(command)\" /dev/null", true),
                ("env -u NO_COLOR TERM=dumb script -qec \"\(command)\" /dev/null", false),
            ]
            for (line, isColoured) in cases {
                let outcome = try await slipway.shell(line)
                let all = outcome.output + outcome.talk
                #expect(all.contains("there is no model 'nope'"), "\(line): \(outcome)")
                #expect(all.contains(escape) == isColoured, "\(line): \(outcome)")
            }
        }

        // MARK: - Exit codes

        @Test
        func exitCodesTellWhatHappened() async throws {
            let slipway = try await Self.furnished()
            let garbage = slipway.scratch.file("garbage.onnx")
            try TextFile.write("not a model", to: garbage)
            let cases: [(code: Int32, arguments: [String])] = [
                (0, ["list"]), (0, ["--help"]), (0, ["--version"]), (0, ["deploy", "--help"]),
                (1, ["evaluate", "digits:1", "--data", Self.example("iris/iris.csv")]),
                (2, ["plan", "digits:2", "--detailed-exitcode"]), (0, ["plan", "digits:1", "--detailed-exitcode"]),
                (3, ["show", "digits:9"]), (3, ["show", "nope:1"]), (3, ["show", "digits@nope"]),
                (3, ["deploy", "nope:1"]), (3, ["rollback", "nope"]), (3, ["import", "missing.onnx"]),
                (3, ["diff", "--from", "1", "--to", "9"]), (3, ["token", "revoke", "nope"]), (3, ["list", "nope"]),
                (4, ["serve", "--host", "0.0.0.0", "--port", "0", "--control-port", "0"]),
                (5, ["rm", "digits:1"]), (5, ["promote", "digits"]),
                (6, ["predict", "digits", "--data", Self.example("digits/sample.json"), "--server", "127.0.0.1:1"]),
                (7, ["import", garbage]), (7, ["show", garbage]),
                (0, []), (64, ["depoly"]), (64, ["list", "--bogus"]), (64, ["show"]), (64, ["show", "NOT A NAME:1"]),
                (64, ["deploy", "digits:2", "--canary", "200%"]), (64, ["list", "-o", "xml"]),
                (64, ["serve", "--port", "70000"]), (64, ["import", garbage, "--label", "nothing"]),
            ]
            for (code, arguments) in cases {
                let outcome = try await slipway.run(arguments, within: 20)
                #expect(outcome.exitCode == code, "slipway \(arguments.joined(separator: " ")): \(outcome)")
            }
        }

        @Test
        func aVerbThatIsNearlyRightIsSuggested() async throws {
            let slipway = try Slipway()
            for (typed, meant) in [
                ("depoly", "deploy"), ("lst", "list"), ("improt", "import"), ("roll-back", "rollback"),
            ] {
                let outcome = try await slipway(typed)
                #expect(outcome.exitCode == 64)
                #expect(outcome.talk.contains("did you mean '\(meant)'?"), "\(outcome)")
            }
            let far = try await slipway("quux")
            #expect(!far.talk.contains("did you mean"), "\(far)")
        }
    }
}
