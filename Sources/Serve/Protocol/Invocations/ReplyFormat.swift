import Tensors

/// In which form `/invocations` answers, from the request's `Accept` header.
///
/// A parameter `output` names the only output that is wanted, because the platforms pass no other way to say it:
/// `text/csv; output=probabilities`.
struct ReplyFormat {
    enum Kind: Hashable { case json, csv, npy, lines }

    var kind = Kind.json
    var output: String?

    init() {}

    /// - Throws: `RequestFault.Code.notAcceptable` when no form that is asked for can be written.
    init(accept: String?) throws(RequestFault) {
        guard let accept, !accept.utf8.isEmpty else { return }
        for range in accept.utf8.split(separator: UInt8(ascii: ",")) {
            let type = MediaType(String(Substring(range)))
            if let quality = type["q"], quality.utf8.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") })
            {
                continue
            }
            guard let kind = Self.kind(type.name) else { continue }
            self.kind = kind
            output = type["output"]
            return
        }
        throw RequestFault(
            .notAcceptable,
            "the answer can be application/json, application/jsonlines, text/csv or application/x-npy, none of which is accepted"
        )
    }

    private static func kind(_ name: String) -> Kind? {
        switch name {
        case "application/json", "application/*", "*/*", "application/octet-stream",
            EnvelopedBinary.sageMaker.rawValue, EnvelopedBinary.vertex.rawValue:
            .json
        case "text/csv", "text/*": .csv
        case "application/x-npy": .npy
        case _ where JSONLines.isNamed(name): .lines
        default: nil
        }
    }

    /// The outputs to answer with.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` for an unknown output, and for NPY of several.
    func outputs(of arm: LiveArm) throws(RequestFault) -> [Int] {
        if let output { return [try arm.outputIndex(output)] }
        guard kind != .npy || arm.signature.outputs.count == 1 else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' has the outputs \(arm.outputNames), and an NPY file holds one; accept "
                    + "'application/x-npy; output=NAME'")
        }
        return Array(arm.signature.outputs.indices)
    }
}

extension LiveArm {
    /// The position of an output.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` that names the outputs there are.
    func outputIndex(_ name: String) throws(RequestFault) -> Int {
        guard let index = output(name) else {
            throw RequestFault(
                .invalidInput, "model '\(endpoint)' has no output '\(name.shortened)'; its outputs are \(outputNames)")
        }
        return index
    }

    /// For messages.
    var outputNames: String { signature.outputs.map { "'\($0.name)'" }.joined(separator: ", ") }
}
