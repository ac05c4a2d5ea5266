import Tensors
import Testing

@testable import Workshop

@Suite struct EnvironmentTests {
    private static let hash = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("torch==2.13.0+cpu --hash=sha256:\(hash)", 1), ("# words\n\na==1 --hash=sha256:\(hash) # more\n", 1),
        ("a==1 \\\n    --hash=sha256:\(hash) \\\n    --hash=sha256:\(hash)\nb-c.d==2!1.0 --hash=sha256:\(hash)\r\n", 2),
    ])
    func aListOfPackagesIsReadAsPipReadsIt(_ text: String, _ count: Int) throws {
        let lock = try EnvironmentLock(name: "own", text: text)
        #expect(lock.requirements.count == count)
        #expect(lock.requirements.allSatisfy { !$0.hashes.isEmpty && $0.text.contains("==") })
    }

    @Test(arguments: [
        "", "# nothing", "torch", "torch==2.13.0", "torch>=2 --hash=sha256:\(hash)", "torch==1 --hash=md5:\(hash)",
        "torch==1 --hash=sha256:00", "torch==1 --hash=sha256:\(hash.uppercased())", "-r other.txt",
        "--index-url https://x", "torch @ https://x --hash=sha256:\(hash)", "../x==1 --hash=sha256:\(hash)",
        "torch==1 --hash=sha256:\(hash) --no-deps", "torch==1;x --hash=sha256:\(hash)", "-e==1 --hash=sha256:\(hash)",
        "torch===1 --hash=sha256:\(hash)",
    ])
    func whatIsNotPinnedByHashIsRefused(_ text: String) {
        #expect(throws: WorkshopError.self) { try EnvironmentLock(name: "own", text: text) }
    }

    @Test func anEnvironmentIsToldByItsPackagesAndItsInterpreter() throws {
        let lock = try EnvironmentLock(name: "own", text: "a==1 --hash=sha256:\(Self.hash)")
        let other = try EnvironmentLock(name: "own", text: "a==2 --hash=sha256:\(Self.hash)")
        let (one, two) = (Self.python("cp311"), Self.python("cp312"))
        #expect(lock.digest(for: one) != lock.digest(for: two) && lock.digest(for: one) != other.digest(for: one))
        #expect(lock.digest(for: one).utf8.count == 12)
    }

    @Test func pyTorchIsPinnedForSomeInterpretersAndOthersAreToldWhich() throws {
        #expect(try EnvironmentLock.torch(for: Self.python("cp311")).requirements.count == 10)
        #expect(try EnvironmentLock.torch(for: Self.python("cp313", "aarch64")).name == "torch")
        let error = #expect(throws: WorkshopError.self) { try EnvironmentLock.torch(for: Self.python("cp39")) }
        #expect(error?.causes.contains("x86_64: cp311") == true && error?.help?.contains("--python") == true)
    }

    private static func python(_ tag: String, _ machine: String = "x86_64") -> PythonInterpreter {
        PythonInterpreter(path: "/p", program: "/p", version: "3", tag: tag, machine: machine, folders: [])
    }

    @Test func wallsTravelAsJSON() throws {
        let walls = ProgramWalls(
            program: "/usr/bin/python3", arguments: ["-c", "print('ä\n\"')"], folder: "/f", readable: ["/a b"],
            writable: [], executable: ["/x"], memory: 1 << 40, cpuSeconds: 3, fileBytes: 4)
        #expect(ProgramWalls(json: walls.json) == walls)
        #expect(ProgramWalls(json: .object([] as [(String, JSONValue)])) == nil)
        #expect(ProgramWalls.run(arguments: ["{}"]) == ProgramWalls.failure)
        #expect(ProgramWalls.run(arguments: []) == ProgramWalls.failure)
    }

    @Test(arguments: ["net.py", "net.py:", "net:Net", ":Net", ""])
    func whatNamesNoClassIsRefused(_ text: String) {
        #expect(throws: WorkshopError.self) { try ClassSource(text) }
    }
}
