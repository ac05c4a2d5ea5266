import ModelGraph
import Tensors

/// A file that a framework's converter wrote, and what that framework answered to some inputs.
struct ConvertedModel {
    /// One set of inputs and the outputs they should give, both in the graph's order.
    struct Case {
        var inputs: [Tensor] = []
        var outputs: [Tensor] = []
    }

    let name: String
    let path: String
    let cases: [Case]
    /// By how much of an output's largest magnitude an engine may differ from the framework.
    let tolerance: Double

    /// The names of all files of one framework. Those of one network, `mlp.traced-13` and `mlp.captured-18`, share
    /// their cases.
    static func names(of framework: String) -> [String] {
        TestData.entries(of: "\(fixtures)/\(framework)").filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }
    }

    private static var fixtures: String {
        let source = #filePath
        return source[..<(source.lastIndex(of: "/") ?? source.startIndex)] + "/Fixtures"
    }

    /// - Throws: for arrays that are no cases: `Fixtures/cases.py` says how they are named.
    init(_ framework: String, _ name: String) throws {
        self.name = "\(framework)/\(name)"
        path = "\(Self.fixtures)/\(framework)/\(name).onnx"
        let network = name.prefix { $0 != "." }
        var cases: [Case] = []
        var tolerance = 0.0
        for (key, tensor) in try NPZ.read(path: "\(Self.fixtures)/\(framework)/\(network).npz") {
            if key == "tolerance" {
                tolerance = try tensor.doubles().first ?? 0
                continue
            }
            let parts = key.split(separator: ".")
            guard parts.count == 3, let number = Int(parts[0]), let position = Int(parts[2]), number <= cases.count
            else { throw Failure(key: key) }
            if number == cases.count { cases.append(Case()) }
            let side: WritableKeyPath<Case, [Tensor]> = parts[1] == "input" ? \.inputs : \.outputs
            guard position == cases[number][keyPath: side].count else { throw Failure(key: key) }
            cases[number][keyPath: side].append(tensor)
        }
        self.cases = cases
        self.tolerance = tolerance
    }

    struct Failure: Error {
        let key: String
    }

    /// How the engine's answer differs from the framework's; `nil` when it is the same within the tolerance. Whole
    /// numbers, truth values and strings must be equal.
    func difference(_ answered: Tensor, from expected: Tensor) throws -> String? {
        guard answered.elementType == expected.elementType, answered.shape == expected.shape else {
            return "is \(answered.elementType) \(answered.shape), not \(expected.elementType) \(expected.shape)"
        }
        guard expected.elementType.isFloatingPoint else {
            return areIdentical([answered], [expected]) ? nil : "is not what the framework answers"
        }
        let (found, wanted) = (try answered.doubles(), try expected.doubles())
        let magnitude = wanted.map(abs).max() ?? 0
        let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? 0
        // Written so that NaN is a difference.
        return difference <= tolerance * magnitude ? nil : "is off by \(difference) of \(magnitude)"
    }
}
