/// Attacks by files that are far larger inside than outside, or made of holes, or of a hundred thousand parts: rows 71,
/// 72 and 80 of the attack list, at every door that takes a file. `clients/bombs.py` makes the files.
struct FileAttack: Sendable, CustomStringConvertible {
    /// Of the command; a word with a `/` in front is a file of `bombs.py`.
    var arguments: [String]
    /// What standard input is, for commands that read it.
    var input: String?
    /// Words that the error has.
    var words: String

    var description: String { arguments.joined(separator: " ") + (input.map { " < \($0)" } ?? "") }

    init(_ arguments: String..., input: String? = nil, words: String) {
        self.arguments = arguments
        self.input = input
        self.words = words
    }

    static let all = models + archives + arrays + documents

    /// Doors for a model.
    private static let models = [
        "gzip.onnx": "archive", "honest.onnx": "zip", "sparse.onnx": "at most", "many.slipway": "",
        "sparse.slipway": "",
    ].sorted { $0.key < $1.key }.flatMap { name, words in
        [
            FileAttack("import", "/\(name)", "--name", "hostile", "--no-run", words: words),
            FileAttack("show", "/\(name)", words: words),
            FileAttack("show", "digits:1", "/\(name)", words: words),
            FileAttack("run", "/\(name)", "--port", "0", "--control-port", "0", words: words),
        ]
    }

    /// Archives of a version: row 71's number of members, and files with holes in all three forms.
    private static let archives = [
        FileAttack("import", "/many.slipway", words: "more than 100000 members"),
        // One less is looked through, and is no version.
        FileAttack("import", "/almost-many.slipway", words: "has no 'oci-layout'"),
        FileAttack("import", "/sparse.slipway", words: "has no 'oci-layout'"),
        FileAttack("import", "/sparse-old.slipway", words: "no file"),
        FileAttack("import", "/sparse-pax.slipway", words: "sparse"),
    ]

    /// Doors for arrays and tables.
    private static let arrays =
        [
            ("honest.npz", "more than the limit"), ("liar.npz", ""), ("ratio.npz", "1032 times"),
            ("overlap.npz", ""), ("nested.npz", "not an array"), ("promise.npz", "promises shape"),
            ("sparse.npz", "limit"), ("sparse.npy", "limit"), ("sparse.csv", "limit"), ("holes.csv", "zero bytes"),
        ].flatMap { name, words in
            [
                FileAttack("evaluate", "digits:1", "--data", "/\(name)", words: words),
                FileAttack("evaluate", "digits:1", "--data", "/\(name)", "--keep", words: words),
                FileAttack(
                    "import", "/mlp.onnx", "--name", "hostile", "--no-run", "--evaluation", "/\(name)", words: words),
            ]
        }
        + ["honest.npz", "liar.npz", "ratio.npz", "promise.npz"].flatMap { name in
            [
                FileAttack("predict", "digits", "--server", "SERVER", "--data", "/\(name)", words: ""),
                FileAttack("bench", "digits", "--server", "SERVER", "--data", "/\(name)", words: ""),
            ]
        }

    /// Doors for small documents, which are read whole.
    private static let documents = [
        FileAttack(
            "import", "/mlp.onnx", "--name", "hostile", "--no-run", "--processing", "/sparse.json", words: "larger"),
        FileAttack(
            "import", "/mlp.onnx", "--name", "hostile", "--no-run", "--provenance", "/sparse.json", words: "larger"),
        FileAttack("predict", "digits", "--server", "SERVER", "--data", "/sparse.json", words: "larger"),
        FileAttack("predict", "digits", "--server", "SERVER", "--data", "-", input: "/sparse.json", words: "larger"),
        FileAttack(
            "pull", "localhost:1/x:1", "--username", "u", "--password-stdin", input: "/sparse.json", words: "larger"),
        // The credentials of docker, which `DOCKER_CONFIG` names.
        FileAttack("pull", "localhost:1/x:1", words: "larger"),
        FileAttack(
            "pull", "localhost:1/x:1", "--username", "u", "--password-stdin", "--ca", "/sparse.pem",
            input: "/password", words: "larger"),
        FileAttack(
            "pull", "localhost:1/x:1", "--username", "u", "--password-stdin", "--ca", "/mlp.onnx",
            input: "/password", words: "PEM"),
    ]
}
