import Houses
import Tensors
import Testing

/// Repositories as they are found on disks: what becomes of each folder.
@Suite struct TritonRepositoryTests {
    private static func read(_ files: [String: String], links: Set<String> = []) throws -> House {
        try TritonRepository.read(MadeFiles(files: files, links: links))
    }

    private static func versions(_ model: HouseModel?) -> [Int] {
        if case .versions(let versions)? = model?.body { versions.map(\.number) } else { [] }
    }

    @Test func versionsAreWholeNumbersWithoutAZeroAhead() throws {
        let house = try Self.read([
            "m/1/model.onnx": "", "m/2/model.onnx": "", "m/10/model.onnx": "", "m/010/model.onnx": "",
            "m/0/model.onnx": "", "m/x3/model.onnx": "", "m/-1/model.onnx": "", "m/7/other.onnx": "",
            "m/99999999999999999999/model.onnx": "",
        ])
        #expect(Self.versions(house.models.first) == [1, 2, 10] && house.models.first?.served == [10])
        #expect(house.models.first?.remarks.contains("version 7 has no model.onnx") == true)
    }

    @Test(arguments: [
        ("", [3]), ("version_policy { all { } }", [1, 2, 3]),
        ("version_policy { latest { num_versions: 2 } }", [2, 3]),
        ("version_policy { specific { versions: [ 2, 9 ] } }", [2]),
    ])
    func thePolicySaysWhatIsServed(_ policy: String, _ served: [Int]) throws {
        let house = try Self.read([
            "m/config.pbtxt": policy, "m/1/model.onnx": "", "m/2/model.onnx": "", "m/3/model.onnx": "",
        ])
        #expect(house.models.first?.served == served)
    }

    @Test func aModelMayBeAFolderWithItsWeights() throws {
        let house = try Self.read([
            "m/1/model.onnx/model.onnx": "", "m/1/model.onnx/weights": "", "m/2/model.onnx/x": "",
        ])
        #expect(Self.versions(house.models.first) == [1])
    }

    @Test(arguments: [
        ("platform: \"tensorrt_plan\"", "m/1/model.plan", "tensorrt_plan"),
        ("platform: \"pytorch_libtorch\"", "m/1/model.pt", "pytorch_libtorch"),
        ("backend: \"python\"", "m/1/model.py", "python"), ("", "m/1/model.pt", "pytorch_libtorch"),
        ("", "m/1/model.savedmodel/saved_model.pb", "tensorflow_savedmodel"), ("backend: \"mine\"", "m/1/x", "mine"),
        ("default_model_filename: \"../../x.onnx\"", "m/1/model.onnx", "no plain file name"),
        ("output { name: \"y\" dims: 1 label_filename: \"../../etc/passwd\" }", "m/1/model.onnx", "no plain file name"),
        ("output { name: \"y\" dims: 1 label_filename: \"gone.txt\" }", "m/1/model.onnx", "gone.txt"),
        ("name: \"other\"", "m/1/model.onnx", "is that of 'other'"), ("name: \"m\"", "m/x", "no version"),
        ("max_batch_size: x", "m/1/model.onnx", "config.pbtxt: line 1"),
    ])
    func whatCannotBeHadIsLeftOutWithTheReason(_ text: String, _ file: String, _ words: String) throws {
        let house = try Self.read(["m/config.pbtxt": text, file: "", "good/1/model.onnx": ""])
        #expect(house.models.map(\.name) == ["good"])
        #expect(house.leftOut.first?.reason.contains(words) == true, "\(house.leftOut)")
        #expect(house.leftOut.first?.name == "m")
    }

    @Test func linksAreNotFollowedAndAreTold() throws {
        let house = try Self.read(["a/1/model.onnx": "", "b/1/model.onnx": ""], links: ["b"])
        #expect(house.models.map(\.name) == ["a"] && house.leftOut.first?.name == "b")
        #expect(house.leftOut.first?.reason.contains("link") == true)
    }

    @Test(
        arguments: [
            ("resnet50", "resnet50"), ("ResNet-50 v2", "resnet-50-v2"), ("a..b", "a-b"), ("a__b", "a__b"), ("_x_", "x"),
            ("a--b", "a--b"), ("é", nil), ("...", nil), ("ÜBER-1", "ber-1"),
        ] as [(String, String?)])
    func namesBecomeNamesOfOurs(_ there: String, _ here: String?) { #expect(HouseName.model(there) == here) }

    @Test func namesThatBecomeOneAreNotMixedUp() throws {
        let house = try Self.read(["A/1/model.onnx": "", "a/1/model.onnx": ""])
        #expect(house.models.count == 1 && house.leftOut.first?.reason.contains("'a'") == true)
    }

    // MARK: - Ensembles

    private static func ensemble(_ steps: String) -> String {
        "input { name: \"I\" data_type: TYPE_FP32 dims: 1 } output { name: \"O\" data_type: TYPE_FP32 dims: 1 }"
            + " ensemble_scheduling { \(steps) }"
    }

    private static func step(_ model: String, _ input: String, _ output: String) -> String {
        "step { model_name: \"\(model)\" model_version: -1 input_map { key: \"x\" value: \"\(input)\" }"
            + " output_map { key: \"y\" value: \"\(output)\" } }"
    }

    @Test func ensemblesComeAfterTheirModels() throws {
        let house = try Self.read([
            "a/config.pbtxt": Self.ensemble(Self.step("b", "I", "O")),
            "b/config.pbtxt": Self.ensemble(Self.step("c", "I", "O")), "c/1/model.onnx": "",
        ])
        #expect(house.models.map(\.name) == ["c", "b", "a"])
    }

    @Test func ensemblesInACircleAreLeftOut() throws {
        let house = try Self.read([
            "a/config.pbtxt": Self.ensemble(Self.step("b", "I", "O")),
            "b/config.pbtxt": Self.ensemble(Self.step("a", "I", "O")), "c/1/model.onnx": "",
            "d/config.pbtxt": Self.ensemble(Self.step("gone", "I", "O")),
        ])
        #expect(house.models.map(\.name) == ["c"] && Set(house.leftOut.map(\.name)) == ["a", "b", "d"])
    }

    private static func pipeline(_ text: String, inner: String? = nil) throws -> String {
        guard let ensemble = try TritonConfiguration(parsing: Array(text.utf8)).ensemble else { return "" }
        let within = try inner.flatMap { try TritonConfiguration(parsing: Array($0.utf8)).ensemble }
        return try EnsemblePipeline.json(of: ensemble) { step throws(HouseError) in
            if step.model == "inner", let within { return .ensemble(within) }
            return .version("\(step.model):1")
        }.encodedString()
    }

    @Test func anEnsembleBecomesAPipeline() throws {
        let text = Self.ensemble(Self.step("b", "t", "O") + Self.step("b", "I", "t"))
        #expect(
            try Self.pipeline(text)
                == #"{"inputs":["I"],"steps":[{"name":"b","model":"b:1","inputs":{"x":"I"}},"#
                + #"{"name":"b-2","model":"b:1","inputs":{"x":"b.y"}}],"outputs":{"O":"b-2.y"}}"#)
    }

    @Test func anEnsembleWithinIsWrittenOut() throws {
        let inner =
            "input { name: \"x\" dims: 1 } output { name: \"y\" dims: 1 } ensemble_scheduling { \(Self.step("m", "x", "y")) }"
        let text = Self.ensemble(Self.step("inner", "I", "t") + Self.step("b", "t", "O"))
        #expect(
            try Self.pipeline(text, inner: inner)
                == #"{"inputs":["I"],"steps":[{"name":"inner-m","model":"m:1","inputs":{"x":"I"}},"#
                + #"{"name":"b","model":"b:1","inputs":{"x":"inner-m.y"}}],"outputs":{"O":"b.y"}}"#)
    }

    @Test(arguments: [
        (step("b", "nothing", "O"), "which nothing makes"), (step("b", "I", "t"), "no step makes the output"),
        (step("b", "I", "O") + step("c", "I", "O"), "made twice"),
        (step("b", "t", "u") + step("c", "u", "t"), "which nothing makes"),
    ])
    func anEnsembleThatDoesNotHangTogetherIsRefused(_ steps: String, _ words: String) {
        let error = failure { _ = try Self.pipeline(Self.ensemble(steps)) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func anEnsembleOfItselfEnds() {
        let inner =
            "input { name: \"x\" dims: 1 } output { name: \"y\" dims: 1 } "
            + "ensemble_scheduling { \(Self.step("inner", "x", "y")) }"
        let error = failure { _ = try Self.pipeline(Self.ensemble(Self.step("inner", "I", "O")), inner: inner) }
        #expect(error?.code == .tooLarge)
    }
}
