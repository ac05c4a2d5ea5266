import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Weights with a class, whose code runs within walls; and models held against a framework's own answers.
    @Suite
    struct ClassImportTests {
        /// A home with a wheel that stands in for PyTorch, the list that pins it, and weights.
        private struct Stage {
            let slipway: Slipway
            let requirements: String
            let weights: String

            init(_ environment: [String: String] = [:]) async throws {
                let place = try TemporaryDirectory()
                var variables = environment
                variables["SLIPWAY_PYTHON"] = try Slipway.python()
                variables["SLIPWAY_PYTHON_INDEX"] = place.path
                slipway = try Slipway(environment: variables)
                requirements = slipway.scratch.file("requirements.txt")
                weights = slipway.scratch.file("weights.safetensors")
                let folder = Slipway.root + "/Tests/EndToEndTests/clients"
                let example = Slipway.example("pytorch/2.15")
                let made = try await Slipway.command(
                    Slipway.python(),
                    [
                        folder + "/tiny_wheel.py", place.path, example + "/perceptron.pt2", example + "/expected.zip",
                        "perceptron", weights,
                    ])
                guard made.exitCode == 0 else { throw MissingTool("the wheel is not made: \(made)") }
                try TextFile.write(made.output, to: requirements)
                self.place = place
            }

            /// Kept, because the wheels are there.
            private let place: TemporaryDirectory

            func source(_ text: String) throws -> String {
                let path = slipway.scratch.file("net.py")
                try TextFile.write("import torch\n" + text, to: path)
                return path
            }

            func bring(_ text: String, _ more: String...) async throws -> Slipway.Outcome {
                try await slipway.run(
                    [
                        "import", weights, "--class", source(text) + ":Net", "--shape", "N,6", "--name", "net",
                        "--requirements", requirements, "--json",
                    ] + more)
            }
        }

        private static let net = "class Net(torch.nn.Module):\n    pass\n"

        @Test(.timeLimit(.minutes(2)))
        func weightsAndAClassAreImportedServedAndAnswerAsTheFrameworkDoes() async throws {
            let stage = try await Stage()
            let slipway = stage.slipway
            let imported = try await stage.bring(Self.net)
            try #require(imported.exitCode == 0, "\(imported)")
            let reference = imported.json?["references"]?.arrayValue?.first
            #expect(reference?["agrees"]?.boolValue == true && reference?["origin"] == "PyTorch 0.1+stand.in")
            #expect((reference?["outputs"]?.arrayValue?.first?["relative"]?.doubleValue ?? 1) < 1e-5, "\(imported)")
            let environments = try await slipway.json("environment", "list")
            let name = try #require(environments.arrayValue?.first?["name"]?.stringValue)
            #expect(name.hasPrefix("own-"))
            // What is there is not fetched again: the wheels may be gone.
            try await slipway.expect("environment", "make", "--requirements", stage.requirements)
            let again = try await stage.bring(Self.net)
            #expect(again.json?["outcome"]?.stringValue == "present", "\(again)")
            let removed = try await slipway("environment", "remove", name)
            #expect(removed.exitCode == 0)
            #expect(try await slipway.json("environment", "list") == .array([]))
            #expect(try await slipway("environment", "remove", name).exitCode == 3)
            let arrays = try ExpectedArrays.read(Slipway.example("pytorch/2.15"))
            let asked = try #require(arrays["perceptron|in|00"])
            let expected = try #require(arrays["perceptron|out|00"]?.values(as: Float.self))
            let input = try await slipway.json("show", "net:1")["signature"]?["inputs"]?.arrayValue?.first
            let inputName = try #require(input?["name"]?.stringValue)
            try await slipway.expect("deploy", "net:1")
            try await slipway.serving { server in
                let reply = try await InferenceClient(try server.dataPlane()).infer(
                    InferenceRequest(endpoint: "net", inputs: [(name: inputName, tensor: asked)]))
                let answered = reply["output"]?.values(as: Float.self) ?? []
                #expect(answered.count == expected.count && !answered.isEmpty)
                #expect(zip(answered, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
            }
        }

        @Test func aClassThatAnswersOtherwiseThanItsProgramIsRefused() async throws {
            let stage = try await Stage()
            let other = """
                class Net(torch.nn.Module):
                    def forward(self, x):
                        found = torch.stored("out")
                        data = bytearray(found.data.raw[: found.count])
                        data[3] ^= 0x40
                        return torch.Tensor(found.shape, data)
                """
            let refused = try await stage.bring(other)
            #expect(refused.exitCode == 7 && refused.talk.contains("does not answer as PyTorch"), "\(refused)")
            #expect(refused.talk.contains("the first layer that differs is 'gelu'"), "\(refused)")
            #expect(try await stage.slipway.json("list") == .array([]))
        }

        @Test(arguments: [
            ("class Other:\n    pass\n", "there is no 'Net'"), ("class Net:\n    pass\n", "no torch.nn.Module"),
            ("import missing_module\n", "--source FOLDER"), ("def Net(:\n", "cannot be read: SyntaxError"),
            ("class Net(torch.nn.Module):\n    names = ['weight', 'bias']\n", "the class has 'bias', the file has not"),
            ("class Net(torch.nn.Module):\n    def forward(self):\n        pass\n", "does not run on inputs"),
            ("print('x' * 10_000_000, file=__import__('sys').stderr)\n", "may say at most"),
            ("import os\nos._exit(0)\n", "no result"),
            ("import os\nos.kill(os.getpid(), 9)\n", "Operation not permitted"),
        ])
        func whatIsWrongWithAClassIsSaid(_ text: String, _ said: String) async throws {
            let stage = try await Stage()
            let refused = try await stage.bring(text)
            #expect(refused.exitCode == 7 && refused.talk.contains(said), "\(refused)")
        }

        /// Each of these would be felt outside if it went through; the class tells what it reached.
        @Test(.timeLimit(.minutes(2)))
        func aClassReachesNothingBeyondItsFolder() async throws {
            let stage = try await Stage(["AWS_SECRET_ACCESS_KEY": "not-for-classes"])
            let home = stage.slipway.home.path
            let outside = stage.slipway.scratch.file("outside")
            let code = """
                import ctypes, os, socket, sys
                libc = ctypes.CDLL(None, use_errno=True)
                reached = []
                def attempt(name, action):
                    try:
                        action()
                    except (OSError, MemoryError, KeyError):
                        return
                    reached.append(name)
                def call(*words):
                    if libc.syscall(*words) < 0:
                        raise OSError(ctypes.get_errno())
                arm = os.uname().machine == "aarch64"
                attempt("network", lambda: socket.create_connection(("127.0.0.1", 9), 1))
                attempt("sockets", lambda: socket.socketpair())
                attempt("fork", os.fork)
                attempt("start", lambda: os.execv("/bin/sh", ["sh", "-c", "touch \(outside)"]))
                attempt("secrets", lambda: open("/etc/shadow").read())
                attempt("accounts", lambda: open("/etc/passwd").read())
                attempt("homes", lambda: os.listdir(os.path.expanduser("~root")))
                attempt("home", lambda: open("\(home)/slipway.db", "rb").read())
                attempt("write beside", lambda: open("\(outside)", "w"))
                attempt("write source", lambda: open(__file__, "a"))
                attempt("remove source", lambda: os.unlink(__file__))
                attempt("rights", lambda: os.chmod(__file__, 0o777))
                attempt("cut", lambda: os.truncate(__file__, 0))
                attempt("link", lambda: os.symlink("/etc/shadow", "link"))
                attempt("hard link", lambda: os.link(__file__, "link"))
                attempt("parent", lambda: open(f"/proc/{os.getppid()}/environ", "rb").read())
                attempt("parent's memory", lambda: open(f"/proc/{os.getppid()}/mem", "rb").read(1))
                attempt("signal", lambda: os.kill(os.getppid(), 0))
                attempt("thread's signal", lambda: call(131 if arm else 234, os.getppid(), os.getppid(), 0))
                attempt("parent's limits", lambda: call(261 if arm else 302, os.getppid(), 7, 0, 0))
                attempt("name spaces", lambda: call(97 if arm else 272, 0x10000000))
                attempt("environment", lambda: os.environ["AWS_SECRET_ACCESS_KEY"])
                attempt("memory", lambda: bytearray(64 << 30))
                attempt("file without end", lambda: [open("big", "ab").write(bytes(1 << 20)) for _ in range(0)] or os.ftruncate(open("big", "ab").fileno(), 1 << 40))
                open("own", "w").write("this is allowed")
                raise RuntimeError("reached: " + (", ".join(reached) or "nothing"))
                """
            let refused = try await stage.bring(code)
            #expect(refused.exitCode == 7 && refused.talk.contains("reached: nothing"), "\(refused)")
            #expect(access(outside, F_OK) != 0)
            // Within the folder that it is given, nothing at all is hidden from it.
            let beside = stage.slipway.scratch.file("parts")
            mkdir(beside, 0o700)
            try TextFile.write("value = 1\n", to: beside + "/helper.py")
            let helped = try await stage.bring("import helper\n" + Self.net, "--source", beside)
            #expect(helped.exitCode == 0, "\(helped)")
        }

        @Test(
            .timeLimit(.minutes(2)),
            arguments: [
                "while True: pass\n", "import time\ntime.sleep(1000)\n",
                "import threading\nwhile True: threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\n",
            ])
        func aClassWithoutEndIsStopped(_ text: String) async throws {
            let stage = try await Stage()
            let refused = try await stage.bring(text, "--class-seconds", "2")
            #expect(refused.exitCode == 7 || refused.talk.contains("can't start new thread"), "\(refused)")
        }

        @Test func aClassThatFillsItsFolderIsStopped() async throws {
            let stage = try await Stage()
            let refused = try await stage.bring(
                "import time\nfor number in range(21_000): open(str(number), 'w').close()\ntime.sleep(60)\n")
            #expect(refused.exitCode == 7 && refused.talk.contains("files of"), "\(refused)")
            let left = try await stage.slipway.shell("ls \(stage.slipway.home.path)/tmp")
            #expect(left.output.isEmpty, "\(left)")
        }

        @Test func aWheelWithAnotherHashIsNotTaken() async throws {
            let stage = try await Stage()
            let pinned = try TextFile.read(stage.requirements)
            try TextFile.write(
                pinned.replacing("sha256:", with: "sha256:0").prefix(pinned.count - 1) + "\n", to: stage.requirements)
            let refused = try await stage.bring(Self.net)
            #expect(refused.exitCode != 0 && refused.talk.contains("pip could not fetch torch 0.1"), "\(refused)")
            #expect(try await stage.slipway.json("environment", "list") == .array([]))
            try TextFile.write("torch==0.1\n", to: stage.requirements)
            let unpinned = try await stage.bring(Self.net)
            #expect(unpinned.exitCode == 7 && unpinned.talk.contains("line 1"), "\(unpinned)")
        }

        @Test func aModelIsHeldAgainstAReferenceAndTheFirstLayerThatDiffersIsNamed() async throws {
            let slipway = try Slipway()
            let (model, reference) = (slipway.scratch.file("chain.onnx"), slipway.scratch.file("io.npz"))
            try TextFile.write(MadeModel.chain(layers: 4, width: 3), to: model)
            func rows(_ factor: Float) throws -> Tensor {
                try Tensor(.float32, try Shape([2, 3]), values: [1, 2, 3, 4, 5, 6].map { $0 * factor })
            }
            let x = try rows(1)
            try NPZ.write([("x", x), ("y", try rows(1.000_01)), ("h2", x)], to: reference)
            let imported = try await slipway.json("import", model, "--reference", reference)
            let output = imported["references"]?.arrayValue?.first?["outputs"]?.arrayValue?.first
            #expect(output?["name"]?.stringValue == "y" && (output?["relative"]?.doubleValue ?? 0) > 5e-6)
            let strict = try await slipway("import", model, "--reference", reference, "--tolerance", "1e-6")
            #expect(strict.exitCode == 7, "\(strict)")
            try NPZ.write(
                [("in.0", x), ("out.0", try rows(2)), ("h3", try rows(2)), ("h1", x), ("h2", try rows(1.5))],
                to: reference)
            let refused = try await slipway("import", model, "--reference", reference, "--name", "other")
            #expect(
                refused.exitCode == 7 && refused.talk.contains("the first layer that differs is 'h2', made by MatMul"),
                "\(refused)")
            #expect(try await slipway("show", "other:1").exitCode != 0)
            try NPZ.write([("x", x), ("nobody", x)], to: reference)
            let unknown = try await slipway("import", model, "--reference", reference)
            #expect(unknown.exitCode != 0 && unknown.talk.contains("an array 'nobody'"), "\(unknown)")
        }

        /// PyTorch itself, where an interpreter that has it is named.
        @Test(.timeLimit(.minutes(3)))
        func aClassOfPyTorchsOwnIsImportedAndOneThatChangesIsRefused() async throws {
            guard let python = getenv("SLIPWAY_TEST_TORCH_PYTHON").map({ String(cString: $0) }) else {
                print(
                    "SKIPPED: set SLIPWAY_TEST_TORCH_PYTHON to a Python that has torch, to test classes of PyTorch's own"
                )
                return
            }
            let slipway = try Slipway()
            let net = slipway.scratch.file("net.py")
            let weights = slipway.scratch.file("weights.pth")
            try TextFile.write(TorchNet.text, to: net)
            let made = try await Slipway.command(python, ["-c", TorchNet.save, net, weights], within: 120)
            try #require(made.exitCode == 0, "\(made)")
            for file in [weights, weights + ".older", weights + ".checkpoint"] {
                let imported = try await slipway.run(
                    [
                        "import", file, "--class", net + ":Net(hidden=8)", "--shape", "N,1,12,12", "--python", python,
                        "--name", "net", "--json",
                    ], within: 120)
                let output = imported.json?["references"]?.arrayValue?.first?["outputs"]?.arrayValue?.first
                #expect((output?["relative"]?.doubleValue ?? 1) < 1e-5, "\(imported)")
            }
            let fickle = try await slipway.run(
                [
                    "import", weights, "--class", net + ":Fickle(hidden=8)", "--shape", "N,1,12,12", "--python", python,
                    "--name", "fickle",
                ], within: 120)
            #expect(fickle.exitCode == 7 && fickle.talk.contains("differently each time"), "\(fickle)")
        }
    }
}

/// A network of PyTorch's; and one that answers differently each time that its code runs.
private enum TorchNet {
    static let text = """
        import torch
        from torch import nn

        class Net(nn.Module):
            def __init__(self, hidden=4):
                super().__init__()
                self.one = nn.Conv2d(1, hidden, 3, padding=1)
                self.norm = nn.BatchNorm2d(hidden)
                self.two = nn.Linear(hidden * 36, 10)

            def forward(self, x):
                x = torch.relu(self.norm(self.one(x)))
                x = nn.functional.max_pool2d(x, 2)
                return torch.softmax(self.two(x.flatten(1)), -1)

        class Fickle(Net):
            calls = 0

            def forward(self, x):
                self.calls += 1
                return super().forward(x * self.calls)
        """

    static let save = """
        import importlib.util, sys, torch
        spec = importlib.util.spec_from_file_location("net", sys.argv[1])
        net = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(net)
        torch.manual_seed(7)
        state = net.Net(hidden=8).state_dict()
        torch.save(state, sys.argv[2])
        torch.save(state, sys.argv[2] + ".older", _use_new_zipfile_serialization=False)
        torch.save({"epoch": 3, "state_dict": {"module." + key: value for key, value in state.items()}}, sys.argv[2] + ".checkpoint")
        """
}
