import Testing

@testable import Pickle

@Suite struct GlobalVerdictTests {
    private static func verdict(_ module: String, _ name: String) -> GlobalVerdict {
        GlobalUse(module: module, name: name, position: 0, isCalled: true, count: 1).verdict
    }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("builtins", "eval"),
        ("__builtin__", "eval"), ("builtins", "getattr"), ("builtins", "__import__"), ("runpy", "run_path"),
        ("pickle", "loads"), ("_pickle", "loads"), ("importlib", "import_module"), ("operator", "attrgetter"),
        ("functools", "partial"), ("pip._internal.cli.main", "main"), ("webbrowser", "open"), ("pdb", "run"),
        ("torch.hub", "load"), ("torch.serialization", "load"), ("numpy.testing._private.utils", "runstring"),
        ("sklearn", "utils.os.system"), ("torch", "serialization.os.system"), ("collections", "OrderedDict.__init__"),
        ("idlelib.pyshell", "ModifiedInterpreter.runcode"), ("joblib", "load"), ("sys", "modules"), ("", "os.system"),
        ("mymodule.subprocess", "call"), ("timeit", "timeit"), ("cProfile", "run"), ("copyreg", "extension 1"),
    ])
    func whatRunsCodeIsDangerous(_ module: String, _ name: String) {
        #expect(Self.verdict(module, name).reason != nil, "\(module).\(name)")
    }

    @Test(arguments: [
        ("mine", "Model"), ("sklearn.svm", "SVC2"), ("sklearn", ""), ("xgboost.sklearn", "XGBClassifier"),
        ("numpy.core.multiarray", "frombuffer"), ("__main__", "Net"), ("SKLEARN.tree._tree", "Tree"),
    ])
    func whatNobodyLookedAtIsUnknown(_ module: String, _ name: String) {
        #expect(Self.verdict(module, name) == .unknown, "\(module).\(name)")
    }

    @Test(arguments: [
        ("sklearn.tree._tree", "Tree"), ("numpy", "dtype"), ("numpy._core.multiarray", "_reconstruct"),
        ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("copyreg", "_reconstructor"),
    ])
    func whatHonestFilesHaveIsHarmless(_ module: String, _ name: String) {
        #expect(Self.verdict(module, name) == .harmless, "\(module).\(name)")
    }
}
