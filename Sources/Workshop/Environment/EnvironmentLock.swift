import Tensors
import Trust

/// What an environment is made of: packages by version, each with the hashes of the wheels that may be it.
package struct EnvironmentLock: Hashable, Sendable {
    /// One package.
    package struct Requirement: Hashable, Sendable {
        package var name: String
        package var version: String
        /// SHA-256 in hexadecimal digits.
        package var hashes: [String]
        /// As pip reads it, on one line.
        var text: String { "\(name)==\(version)" + hashes.map { " --hash=sha256:\($0)" }.joined() }
    }

    package var name: String
    package var requirements: [Requirement]

    private static let most = 500
    private static let longest = 1 << 20

    /// Reads a list as pip has it: `name==version --hash=sha256:…`, lines that end in a backslash go on.
    ///
    /// - Throws: `WorkshopError.Code.rejected` for a line that pins nothing or has no hash, with its number.
    package init(name: String, text: String) throws(WorkshopError) {
        guard text.utf8.count <= Self.longest else {
            throw WorkshopError(.limit, "a list of packages has at most \(Self.longest) bytes")
        }
        self.name = name
        requirements = []
        var line = ""
        let parts = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, part) in parts.enumerated() {
            if part.hasSuffix("\\") {
                line += part.dropLast() + " "
                continue
            }
            line += part
            defer { line = "" }
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init).prefix { !$0.hasPrefix("#") }
            guard !words.isEmpty else { continue }
            guard let requirement = Self.requirement(Array(words)) else {
                throw WorkshopError(
                    .rejected, "line \(number + 1): '\(line.prefix(80))' does not pin a package by hash",
                    help: "such as: torch==2.13.0 --hash=sha256:… ('pip-compile --generate-hashes' writes it so)")
            }
            requirements.append(requirement)
        }
        guard !requirements.isEmpty, requirements.count <= Self.most else {
            throw WorkshopError(.rejected, "a list of packages names 1 to \(Self.most), found \(requirements.count)")
        }
    }

    private static func requirement(_ words: [String]) -> Requirement? {
        let parts = words[0].split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[1].isEmpty, isWord(parts[0]), isWord(parts[2]), words.count > 1 else {
            return nil
        }
        var hashes: [String] = []
        for word in words.dropFirst() {
            guard word.hasPrefix(mark) else { return nil }
            let hash = String(word.dropFirst(mark.count))
            guard hash.utf8.count == 64, hash.utf8.allSatisfy(isHexadecimal) else { return nil }
            hashes.append(hash)
        }
        return Requirement(name: parts[0], version: parts[2], hashes: hashes)
    }

    private static let mark = "--hash=sha256:"

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }

    /// Names and versions of packages are plain words.
    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
        func isLetter(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || "._+!-".utf8.contains($0) }
    }

    /// Tells one environment from another: packages and the interpreter that they are for.
    package func digest(for python: PythonInterpreter) -> String {
        let text = requirements.map(\.text).joined(separator: "\n") + "\n\(python.tag) \(python.machine) 1"
        return String(Digest(of: Array(text.utf8)).description.split(separator: ":").last?.prefix(12) ?? "")
    }
}

extension EnvironmentLock {
    /// PyTorch without CUDA, and what it imports.
    ///
    /// On x86-64 its wheel is that of PyTorch's own index, since the one on PyPI brings CUDA. Hashes are of the wheels that
    /// were tried.
    ///
    /// - Throws: `WorkshopError.Code.sandbox` for interpreters that no wheel is pinned for.
    package static func torch(for python: PythonInterpreter) throws(WorkshopError) -> EnvironmentLock {
        guard let build = torchBuilds[python.machine], let wheel = build.wheels[python.tag] else {
            let there = torchBuilds.sorted { $0.key < $1.key }
                .map { "\($0.key): \($0.value.wheels.keys.sorted().joined(separator: ", "))" }
            throw WorkshopError(
                .sandbox, "no environment is pinned for \(python.tag) on \(python.machine)", causes: there,
                help:
                    "name a Python of those with SLIPWAY_PYTHON, one that has torch with --python, or packages of your "
                    + "own with --requirements")
        }
        var lock = EnvironmentLock(
            name: "torch", requirements: [Requirement(name: "torch", version: build.version, hashes: [wheel.torch])])
        lock.requirements.append(Requirement(name: "MarkupSafe", version: "3.0.4", hashes: [wheel.markupSafe]))
        lock.requirements += plainPackages
        return lock
    }

    private init(name: String, requirements: [Requirement]) {
        self.name = name
        self.requirements = requirements
    }

    private struct Build: Sendable {
        var version: String
        var wheels: [String: (torch: String, markupSafe: String)]
    }

    private static let torchBuilds: [String: Build] = [
        "x86_64": Build(
            version: "2.13.0+cpu",
            wheels: [
                "cp311": (
                    "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
                    "6da83a088f8ef93b2d483a8232a4dbf4d69d3d8496b568a03c56becac43e1808"
                )
            ]),
        "aarch64": Build(
            version: "2.13.0",
            wheels: [
                "cp311": (
                    "092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c",
                    "849dd2bb0e5e4ab2b71c7191726a4a8d5aa8a610daa584728cbee0b710ddc4ef"
                ),
                "cp312": (
                    "572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4",
                    "6a45c3d514f2436064db00d7fc8778d888f0236ebfed649b53d13a59e69ad51b"
                ),
                "cp313": (
                    "1e09d6a722504957c694faceca843acde562786df1144ebcc5a74075ec7f6005",
                    "7018d4af1cd272e847aa5917983ab5e83e4f6579f9dbfecd4a79c0ca80b144c2"
                ),
                "cp314": (
                    "a3893dc2da0a972a8ca5d698c85a9f967559ac5f8ee1797b77408aa8734d073c",
                    "1caa2fa5a6184fb233153b35f654e6687bd555476f6170f29d8ee9be1a8b0af9"
                ),
            ]),
    ]

    /// The same wheel everywhere.
    private static let plainPackages = [
        ("filelock", "4.2.11", "020e229e4bb9d410fc799c07ddf45fa217cba970278f40b30751d94f309b69e2"),
        ("fsspec", "2026.9.0", "8dd6e646e99ea382bd85f97a45e6b526a442d79423a7dc673f1e2756d05fcb5f"),
        ("Jinja2", "3.1.6", "85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67"),
        ("mpmath", "1.3.0", "a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c"),
        ("networkx", "3.6.1", "d47fbf302e7d9cbbb9e2555a0d267983d2aa476bac30e90dfbe5669bd57f3762"),
        ("setuptools", "84.2.1", "ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2"),
        ("sympy", "1.14.0", "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5"),
        ("typing_extensions", "4.16.0", "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"),
    ].map { Requirement(name: $0, version: $1, hashes: [$2]) }
}
