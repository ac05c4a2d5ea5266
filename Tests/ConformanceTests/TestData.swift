import Glibc
import ModelGraph
import Tensors

/// The test data of the `onnx` wheel, unpacked by `scripts/test-tools`.
enum TestData {
    /// The folder that holds `node`, `light` and others; `nil` when it was not unpacked.
    static let folder: String? = getenv("SLIPWAY_TEST_ONNX_DATA").map { String(cString: $0) }

    /// Folders with a `model.onnx`, by `<group>/<name>`, in order.
    static func cases(in groups: [String]) -> [String] {
        guard let folder else { return [] }
        return groups.flatMap { group in
            entries(of: "\(folder)/\(group)").map { "\(group)/\($0)" }
        }.filter { exists("\(folder)/\($0)/model.onnx") }
    }

    static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }
}

/// One operator test case: a model and one set of inputs with the outputs they should give.
struct OperatorCase {
    let name: String
    let folder: String

    init(_ name: String) {
        self.name = name
        folder = "\(TestData.folder ?? "")/\(name)"
    }

    func model() throws -> Model { try Model.read(path: "\(folder)/model.onnx") }

    /// The tensors `<kind>_0.pb`, `<kind>_1.pb`, …; `nil` for one that is no tensor, but a sequence or optional.
    func tensors(_ kind: String) -> [Tensor?] {
        var result: [Tensor?] = []
        while case let path = "\(folder)/test_data_set_0/\(kind)_\(result.count).pb", TestData.exists(path) {
            result.append(try? TensorValue.read(path: path).tensor())
        }
        return result
    }
}
