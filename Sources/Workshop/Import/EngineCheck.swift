package import Engines
import Glibc
import ModelGraph
import Tensors

/// Checks that engines and the limited child work here, with a model of our own.
package struct EngineCheck: Sendable {
    private let child: ChildRunner
    private let directories: [String]

    /// What the model answers, whatever it is asked.
    private static let answer: [Float] = [1, 2, 3, 4]

    /// - Parameter directories: where engines are looked for after `SLIPWAY_ENGINES`.
    package init(engineDirectories directories: [String], child: ChildRunner = ChildRunner()) {
        self.directories = directories
        self.child = child
    }

    /// Loads and runs the model on an engine, in a limited child, and looks at the answer.
    package func trial(_ kind: EngineKind) async -> EngineTrial {
        await withModel { path async throws(WorkshopError) in
            let task = ChildTask.probe(path: path, engine: kind, engineDirectories: directories)
            var trial = EngineTrial(kind, try await child.run(task))
            let values = trial.outputs?.first?.values(as: Float.self) ?? []
            if trial.runs, !Self.isRight(values) {
                trial.problem = "it answers \(values) where it should answer 1, 2, 3, 4"
            }
            return trial
        } otherwise: {
            EngineTrial(kind, problem: $0.description)
        }
    }

    /// Has the limited child read the model: its walls go up, and it answers.
    ///
    /// - Returns: what is wrong; `nil` when nothing is.
    package func reading() async -> WorkshopError? {
        await withModel { path async throws(WorkshopError) in
            _ = try await child.run(.inspect(path: path))
            return nil
        } otherwise: {
            $0
        }
    }

    private static func isRight(_ values: [Float]) -> Bool {
        !values.isEmpty && values.count.isMultiple(of: answer.count)
            && values.indices.allSatisfy { values[$0] == answer[$0 % answer.count] }
    }

    /// Writes the model to a file that is gone afterwards.
    private func withModel<Result>(
        _ body: (String) async throws(WorkshopError) -> Result, otherwise: (WorkshopError) -> Result
    ) async -> Result {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/slipway-check.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else {
            return otherwise(WorkshopError(.storage, "no file can be made in '\(folder)'"))
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        do throws(WorkshopError) {
            let bytes = try Self.model()
            guard write(descriptor, bytes, bytes.count) == bytes.count else {
                throw WorkshopError(.storage, "'\(path)' cannot be written")
            }
            return try await body(path)
        } catch {
            return otherwise(error)
        }
    }

    /// `y = 0 x + [1, 2, 3, 4]`: FP32 [N, 4] to FP32 [N, 4].
    private static func model() throws(WorkshopError) -> [UInt8] {
        do {
            let zero = Self.constant("zero", [0, 0, 0, 0])
            let answer = Self.constant("answer", Self.answer)
            let shape: [Dimension] = [.symbol("N"), .fixed(4)]
            let graph = Graph(
                "check", nodes: [Node("Mul", ["x", "zero"], ["h"]), Node("Add", ["h", "answer"], ["y"])],
                initializers: [zero, answer], inputs: [ValueInfo("x", .float32, shape)],
                outputs: [ValueInfo("y", .float32, shape)])
            return try Model(graph, opset: 13, irVersion: 8).encoded()
        } catch {
            throw WorkshopError(.rejected, "the model for the check cannot be made: \(error)")
        }
    }

    private static func constant(_ name: String, _ values: [Float]) -> TensorValue {
        let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        return TensorValue(name, .float32, [Int64(values.count)], .raw(ByteView(copying: bytes)))
    }
}
