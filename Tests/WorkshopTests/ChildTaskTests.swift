import Engines
import Testing

@testable import Workshop

@Suite struct ChildTaskTests {
    static let tasks: [ChildTask] = [
        .inspect(path: "model.onnx"), .inspect(path: "--help"), .inspect(path: "a file\nwith a line break"),
        .arrays(path: "data.npz"),
        .compile(path: "m", processing: #"{"labels": ["a b", "'"]}"#), .compile(path: "", processing: ""),
        .layers(path: "m", sizes: OpenSizes()),
        .layers(path: "m", sizes: OpenSizes(batch: 8, named: ["a b, c": 1, "": 2])),
        .page(path: "m", sizes: OpenSizes(batch: 1), title: "a 'title'"),
        .difference(before: "a", after: "b"), .weights(path: "a b"),
        .reference(
            path: "m", reference: "r.npz", map: nil, engine: .openVINO, engineDirectories: ["/a"], tolerance: 1e-3),
        .reference(path: "m", reference: "r", map: "/map", engine: .onnxRuntime, engineDirectories: [], tolerance: 0),
        .compile(path: "m", processing: "{}", weights: .embed(["/a b", "/c"])),
        .compile(path: "m", processing: "{}", weights: .rename(["ab"])),
        .probe(path: "m", engine: .onnxRuntime, engineDirectories: []),
        .probe(path: "m", engine: .openVINO, engineDirectories: ["/a", "/b c"]),
        .probe(path: "m", engine: .openVINO, engineDirectories: ["/a"], weightBytes: 1 << 40),
    ]

    @Test(arguments: tasks) func tasksTravelAsArguments(task: ChildTask) {
        #expect(task.arguments.first == ChildTask.verb)
        #expect(ChildTask(arguments: task.arguments.dropFirst()) == task)
    }

    @Test(arguments: [
        [], ["inspect"], ["inspect", "a", "b"], ["compile", "a"], ["probe", "a"], ["probe", "a", "abacus"],
        ["probe", "a", "openvino"], ["probe", "a", "openvino", "-1"], ["compile", "a", "{}", "embed"],
        ["compile", "a", "{}", "other", "b"], ["other", "a"], ["weights"], ["reference", "m", "r", "", "openvino"],
        ["reference", "m", "r", "", "openvino", "-1"], ["reference", "m", "r", "", "abacus", "1"], ["layers", "a"],
        ["page", "a", "1"], ["difference", "a"],
    ]) func otherArgumentsAreNoTask(arguments: [String]) {
        #expect(ChildTask(arguments: arguments) == nil)
    }
}
