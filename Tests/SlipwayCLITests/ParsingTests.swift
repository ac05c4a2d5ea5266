import ArgumentParser
import Control
import Engines
import Testing
import Trust
import Workshop

@testable import SlipwayCLI

@Suite struct ParsingTests {
    private func parse<Verb>(_ type: Verb.Type, _ words: String...) throws -> Verb {
        try #require(try SlipwayCommand.parseAsRoot(words) as? Verb)
    }

    @Test(arguments: [
        "run model.onnx",
        "run digits:3 --name d --host 0.0.0.0 --port 0 --control-port 0 --engine openvino --auth none",
        "run m.onnx --processing p.json --home /h --json --log json --verbose", "serve",
        "serve --drain-delay 1.5 --grace 0 --concurrency 4 --max-body 1000 --default-model m --server-name triton --host-name a --host-name b",
        "serve -f slipway.yaml --every 5s", "stop --timeout 3",
        "predict digits --data rows.npz", "predict digits --data - --server localhost:1 --version 2",
        "import m.onnx -n digits --label a=b --label c=d=e --note x --provenance t.json --evaluation e.csv --answers y --no-run",
        "import w.pth --class net.py:Net --shape N,1,28,28 --python python3 --source src --class-seconds 9",
        "import w.pth --class net.py:Net --requirements r.txt --reference io.npz --tolerance 1e-4",
        "environment", "environment list --json", "environment make --requirements r.txt", "environment remove own-1",
        "list", "list digits --limit 3 -o json", "show digits:3", "show m.onnx --json",
        "evaluate digits:3 --data e.npz --answers y --prediction p --task regression --engine openvino --keep",
        "optimize m.onnx --output s.onnx --without products --engine openvino --no-speed",
        "optimize digits:1 --dry-run --note x --json", "alias digits@prod digits:3 --note x",
        "alias digits@prod --remove", "alias digits", "rm digits:3 --force",
        "rm digits:3 --undo", "restore digits:3", "list --removed --undo-window 12h", "list digits --all --after 151",
        "export digits:3", "export digits:3 d.slipway --force --bare", "gc --dry-run --undo-window 0", "gc --no-wait",
        "fsck --repair --quick --json", "backup dir --keep 7 --json", "backup list dir -o name",
        "backup check dir --json",
        "backup restore dir --home new --yes --expect sha256:0", "history digits --limit 3 --after 9", "history --all",
        "plan digits:2 --detailed-exitcode", "deploy digits:2 --canary 10% --note x",
        "deploy digits:2 --endpoint e --engine openvino --precision bf16 --threads 2 --routing-key X-User --p99 20",
        "deploy digits:2 --engine auto --p99 20", "deploy digits:2 --engine litert --instances 2",
        "bench digits --rate 100 --seconds 1", "bench digits --sweep --report b.html --connections 4 --json",
        "tune digits:2 --slo p99=20ms --budget 30s --min-cosine 0.99 --data e.npz", "tune digits:2 --dry-run",
        "tune digits:2 --slo p99.9=1.5s --json", "compare digits:1 digits:2",
        "compare digits:1 digits:1,engine=openvino,precision=bf16,threads=2,instances=1 --budget 5s --json",
        "compare a.onnx b.onnx --data e.npz", "compare digits --live --fail-above 5% --json",
        "compare digits:2 digits:3 --traffic --max-disagreement 5% --endpoint digits --requests 500",
        "deploy digits:2 --record 10% --record-keep 2d --record-size 1GB --record-without name --record-hashed city",
        "deploy digits:2 --strategy shadow --share 20% --duration 1h --max-disagreement 5%",
        "deploy digits:2 --strategy challenger --share 20% --duration 1h --max-loss-increase 0%",
        "recommend digits:2 --rate 500",
        "recommend digits --rate 500 --slo p99=20ms --price 0.4 --cost 2 --json", "deploy digits:2 --dry-run",
        "promote", "promote digits", "rollback digits --to 3", "undeploy digits", "status",
        "status digits --wait 5", "history digits --quiet", "diff digits --from 1 --to 2 -o name", "demo --keep",
        "doctor", "doctor --deep --json --bundle f.json", "explain", "explain SW6101 --json", "completion bash",
        "completion", "man", "man dir", "man --page deploy", "show a.onnx b.onnx", "show m.onnx --layers --batch 8",
        "show m.onnx --graph m.html", "diff a.onnx b.onnx", "token create ada --role admin --expires 90d", "token list",
        "token revoke ada", "version",
    ]) func whatTheManualShowsIsUnderstood(line: String) {
        #expect(throws: Never.self) { try SlipwayCommand.parseAsRoot(line.split(separator: " ").map(String.init)) }
    }

    @Test(arguments: [
        "frobnicate", "run", "run a b", "serve digits", "serve --port 65536", "serve --port -1", "serve --port x",
        "serve --control-port 99999999999999999999", "serve --drain-delay -1", "serve --drain-delay nan",
        "serve --grace inf", "serve --server-name é",
        "serve --grace 3601", "serve --concurrency 0", "serve --concurrency 1025", "serve --max-body 0",
        "serve --max-body -5",
        "serve --auth maybe", "serve --log yaml", "stop --timeout -1", "stop --timeout inf", "stop --timeout nan",
        "stop --timeout 1e300", "status --wait inf", "status --wait -1", "status --wait nan", "status --wait 1e300",
        "predict digits", "import", "import w.pth --python python3", "import w.pth --tolerance 1",
        "import m.onnx --reference r.npz --tolerance -1", "import w.pth --class a.py:B --class-seconds 0",
        "import w.pth --class a.py:B --python p --requirements r", "environment remove", "list -o yaml",
        "list --limit x", "evaluate digits:1 --task guess",
        "evaluate digits:1 --engine abacus", "optimize m.onnx", "optimize digits:1 -o s.onnx",
        "optimize digits:1 --without magic", "deploy", "deploy digits:2 --threads many", "deploy digits:2 --p99 soon",
        "deploy digits:2 --canary 10% --engine openvino", "deploy digits:2 --canary 10% --p99 20",
        "plan digits:2 --canary 10% --routing-key x", "rollback digits --to first", "token create ada --role king",
        "serve -f -", "serve --every 5s", "serve -f a.yaml --every 1", "serve -f a.yaml --every 2d",
        "apply a.yaml --wait --timeout 5", "apply a.yaml --watch --every 0s", "apply a.yaml -f b.yaml",
        "history digits --json=false", "export", "gc --undo-window soon", "gc --undo-window -1d", "restore",
        "fsck digits", "deploy digits:2 --engine auto --threads 2", "deploy digits:2 --engine abacus",
        "bench digits --sweep --rate 5", "bench digits --seconds 0", "bench digits --connections 0",
        "bench digits --rate 0", "bench digits --warm-up nan", "tune", "tune digits:2 --slo 20ms",
        "tune digits:2 --slo p98=20ms", "tune digits:2 --slo p99=20", "tune digits:2 --slo p99=-1ms",
        "tune digits:2 --budget 0s", "tune digits:2 --budget soon", "tune digits:2 --min-cosine 2",
        "compare digits:1", "compare digits:1 digits:2 --live", "compare digits:1 digits:2 --fail-above 5%",
        "compare digits:1 digits:2 --max-disagreement 5%", "deploy digits:2 --record-keep 2d",
        "deploy digits:2 --record-size much",
        "deploy digits:2 --max-disagreement 5%", "deploy digits:2 --max-loss-increase 5%",
        "compare digits:1 digits:2,engine=abacus",
        "compare digits:1 digits:2,threads=0",
        "compare digits:1 digits:2,colour=red", "compare digits:1 digits:2 --budget 0s", "recommend digits",
        "recommend digits --rate 0", "recommend digits --rate 5 --cost 1", "recommend digits --rate 5 --price 0",
        "history digits --json=false", "explain SW6101 SW6102", "completion tcsh", "man dir --page deploy",
        "show m.onnx --batch 8", "show m.onnx --layers --batch 0", "show a.onnx b.onnx --layers",
        "diff a.onnx b.onnx --from 1",
    ]) func whatCannotBeMeantIsRefused(line: String) {
        #expect(throws: (any Error).self) {
            try SlipwayCommand.parseAsRoot(line.split(separator: " ").map(String.init))
        }
    }

    @Test func optionsEndUpInTheirPlace() throws {
        let run = try parse(RunVerb.self, "run", "m.onnx", "--port", "0", "--engine", "openvino", "--concurrency", "3")
        #expect(run.engine == .openVINO && run.serve.port == 0)
        let server = try run.serve.server(defaultControlPort: 0)
        #expect(server.port == 0 && server.controlPort == 0 && server.concurrentRuns == 3)
        let serve = try parse(ServeVerb.self, "serve", "--drain-delay", "1.5", "--grace", "0", "--control-host", "::1")
        let options = try serve.serve.server(defaultControlPort: 8090)
        #expect(options.port == 8080 && options.controlPort == 8090 && options.controlHost == "::1")
        #expect(options.drainDelay == .milliseconds(1500) && options.grace == .zero)
        #expect(!serve.worker && !serve.afterCrash)
        #expect(try parse(TokenVerb.Create.self, "token", "create", "ada", "--role", "deployer").role == .deployer)
        #expect(try parse(EvaluateVerb.self, "evaluate", "d:1", "--task", "regression").task == .regression)
    }

    /// The supervisor appends what it has found out to what a person wrote.
    @Test func theLastOfTwoPortsCounts() throws {
        let serve = try parse(ServeVerb.self, "serve", "--port", "0", "--worker", "--after-crash", "--port", "4711")
        #expect(serve.serve.port == 4711 && serve.worker && serve.afterCrash)
    }

    @Test func formsOfAnAnswerAreTold() throws {
        #expect(try parse(ListVerb.self, "list").answer.format == .table)
        #expect(try parse(ListVerb.self, "list", "-o", "jsonl").answer.format == .jsonl)
        #expect(try parse(ListVerb.self, "list", "--json").answer.format == .json)
        #expect(try parse(ListVerb.self, "list", "-o", "name", "--json").answer.format == .json)
    }

    @Test func everyVerbSaysWhatItDoes() {
        let verbs = SlipwayCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
        #expect(verbs.count == 52)
        for verb in verbs {
            #expect(verb.configuration.commandName?.isEmpty == false)
            #expect(verb.configuration.abstract.hasSuffix("."), "\(verb)")
        }
        #expect(Set(verbs.map { $0.configuration.commandName }).count == verbs.count)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("deploy", "deploy", 0), ("depoly", "deploy", 2), ("list", "lst", 1),
        ("kitten", "sitting", 3), ("ü", "u", 1), ("e\u{301}", "é", 0),
    ]) func distanceIsLevenshteins(left: String, right: String, distance: Int) {
        #expect(Suggestions.distance(left, right) == distance)
        #expect(Suggestions.distance(right, left) == distance)
    }
}

@Suite struct NameTests {
    @Test(arguments: [
        ("digits.onnx", "digits"), ("/models/Digits.ONNX", "digits"), ("a/b/resnet50-v1.5.onnx", "resnet50-v1.5"),
        ("model", "model"), (".onnx", ".onnx"), ("folder.d/model", "model"), ("a.b.c", "a.b"),
        ("trailing/", "trailing"),
        ("/", "/"), ("", ""), ("my model.onnx", "my model"),
    ]) func aModelIsNamedLikeItsFile(path: String, name: String) { #expect(ImportVerb.modelName(of: path) == name) }

    @Test(arguments: [
        ("digits", false), ("digits:3", false), ("digits@prod", false), ("model.onnx", true), ("./digits", true),
        ("/tmp", true), ("folder/model", true),
    ]) func aFileIsToldFromAVersion(subject: String, isFile: Bool) {
        #expect(ShowVerb.looksLikeFile(subject) == isFile)
    }
}
