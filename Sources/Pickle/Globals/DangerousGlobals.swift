/// Names that pickles are known to be armed with, by what they do.
///
/// Source: Python's own library, read for what runs code, starts programs, opens files or sockets, or loads further
/// pickles; the published gadgets of scanners' test sets (`numpy.testing`, `torch.hub`, `pip`, `idlelib`, …).
enum DangerousGlobals {
    private static let modules: [(reason: String, names: String)] = [
        (
            "runs commands or programs",
            "os posix nt posixpath ntpath subprocess popen2 commands pty platform multiprocessing asyncio concurrent sh"
        ),
        (
            "runs code",
            """
            runpy code codeop imp importlib zipimport pkgutil ctypes cffi _ctypes timeit profile cProfile trace bdb pdb \
            doctest pydoc unittest test lib2to3 idlelib distutils setuptools pip _pip ensurepip venv zipapp py_compile \
            compileall site sysconfig turtledemo types inspect ast dis symtable _testcapi _xxsubinterpreters _interpreters
            """
        ),
        (
            "loads further pickles",
            "pickle cPickle _pickle dill cloudpickle shelve marshal copyreg_ jsonpickle pandas.io.pickle"
        ),
        (
            "reads or writes files",
            "io _io shutil tempfile fileinput glob zipfile tarfile mmap dbm sqlite3 logging.config logging.handlers"
        ),
        (
            "talks to a network",
            """
            socket _socket socketserver ssl http urllib urllib2 urllib3 httplib requests aiohttp httpx ftplib smtplib \
            poplib imaplib nntplib telnetlib xmlrpc webbrowser antigravity
            """
        ),
        (
            "reaches into the interpreter",
            "sys gc signal threading _thread thread faulthandler tracemalloc builtins.__dict__"
        ),
    ]

    private static let names: [(reason: String, module: String, names: String)] = [
        (
            "runs code", "builtins",
            "eval exec execfile compile __import__ breakpoint globals locals vars dir input raw_input help apply reload map filter"
        ),
        (
            "reaches into objects", "builtins",
            "getattr setattr delattr hasattr type super memoryview property classmethod"
        ),
        ("reads or writes files", "builtins", "open file"),
        ("calls what it is given", "functools", "partial partialmethod reduce singledispatch cached_property"),
        ("calls what it is given", "operator", "attrgetter itemgetter methodcaller call"),
        ("calls what it is given", "_operator", "attrgetter itemgetter methodcaller call"),
        ("calls what it is given", "itertools", "starmap accumulate takewhile dropwhile filterfalse groupby"),
        ("calls what it is given", "collections", "defaultdict_"),
        ("runs code", "numpy.testing._private.utils", "runstring"),
        ("runs code", "numpy.testing", "runstring"),
        ("runs code", "numpy.f2py.crackfortran", "myeval param_eval _eval_length _eval_scalar"),
        ("runs code", "numpy.distutils", "exec_command"),
        ("loads further pickles", "numpy", "load loadtxt fromfile genfromtxt memmap"),
        ("loads further pickles", "numpy.lib.npyio", "load NpzFile"),
        ("loads further pickles", "joblib", "load Memory"),
        ("loads further pickles", "joblib.numpy_pickle", "load"),
        ("loads further pickles", "pandas", "read_pickle read_csv read_json eval"),
        ("loads further pickles", "torch", "load hub compile ops classes jit"),
        ("runs code", "torch.serialization", "load"),
        ("runs code", "torch.hub", "load load_state_dict_from_url"),
        ("runs code", "torch.utils.cpp_extension", "load load_inline"),
        ("runs code", "torch.jit", "load script"),
        ("runs code", "torch.fx", "GraphModule"),
        ("runs code", "torch.fx.graph_module", "reduce_graph_module _forward_from_src"),
        ("runs code", "torch.utils._config_module", "ConfigModule"),
        ("runs code", "torch.distributed.rpc.internal", "_run_function"),
        ("runs code", "keras.layers.core", "Lambda"),
        ("runs code", "tensorflow.python.framework.load_library", "load_op_library"),
        ("runs code", "sklearn.utils._testing", "assert_run_python_script"),
        ("talks to a network", "sklearn.datasets", "fetch_openml load_files load_svmlight_file"),
        ("runs code", "copyreg", "constructor pickle add_extension"),
    ]

    private static let byModule: [String: String] = Dictionary(
        modules.flatMap { entry in entry.names.split(separator: " ").map { (String($0), entry.reason) } }
    ) { first, _ in first }

    private static let byName: [String: String] = Dictionary(
        names.flatMap { entry in entry.names.split(separator: " ").map { ("\(entry.module).\($0)", entry.reason) } }
    ) { first, _ in first }

    /// Why a name is dangerous; `nil` when nothing is known.
    static func reason(module: String, name: String) -> String? {
        let module = module == "__builtin__" || module == "__builtins__" ? "builtins" : module
        if module == "copyreg", name.hasPrefix("extension ") {
            return "stands for a name that the reader's registry of extensions decides"
        }
        // A dotted name walks from one object to the next: `sklearn` and `utils.os.system`.
        let parts = (module + "." + name).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for length in 1...parts.count {
            let path = parts[..<length].joined(separator: ".")
            if let reason = byName[path] ?? byModule[path] { return reason }
        }
        if let inner = parts.dropFirst().first(where: { byModule[$0] != nil && reaching.contains($0) }) {
            return "reaches for '\(inner)' through another module"
        }
        if parts.contains(where: {
            $0.hasPrefix("__") && $0.hasSuffix("__") && $0.count > 4 && !plainDunders.contains($0)
        }) {
            return "reaches into objects"
        }
        return nil
    }

    /// Modules that are dangerous wherever in a path they stand: many modules import them under their own names.
    private static let reaching: Set<String> = [
        "os", "sys", "subprocess", "posix", "shutil", "socket", "ctypes", "importlib", "pickle", "runpy", "pty",
        "builtins",
    ]

    private static let plainDunders: Set<String> = [
        "__main__", "__mp_main__", "__future__", "__generator_ctor", "__newobj__", "__newobj_ex__", "__builtin__",
        "__randomstate_ctor", "__bit_generator_ctor",
    ]
}
