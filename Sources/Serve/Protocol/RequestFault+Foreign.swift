import Tensors

/// Errors of other rooms, as a client sees them.
extension RequestFault {
    init(_ error: JSONError) {
        switch error.code {
        case .noMemory: self = .exhausted
        case .malformed, .duplicateKey, .tooDeep: self.init(.malformedBody, "the request's JSON: \(error)")
        default: self.init(.invalidInput, "the request's JSON: \(error)")
        }
    }

    init(_ error: TensorError) {
        self.init(.invalidInput, error.message)
    }

    /// Any error thrown while a request is read.
    init(adapting error: any Error) {
        switch error {
        case let fault as RequestFault: self = fault
        case let error as JSONError: self.init(error)
        case let error as TensorError: self.init(error)
        default: self.init(.runFailed, "the request could not be handled")
        }
    }

    /// The same fault with the input it is about named first.
    static func inInput(_ name: String, _ error: any Error) -> RequestFault {
        if let fault = error as? RequestFault { return fault }
        if let error = error as? JSONError {
            return RequestFault(error.located(in: "input '\(name.shortened)'"))
        }
        var fault = RequestFault(adapting: error)
        fault.message = "input '\(name.shortened)': \(fault.message)"
        return fault
    }
}

extension String {
    /// At most 80 scalars of what a client sent, for a message. Those that act on a terminal, or turn the text around
    /// them, are written as numbers.
    var shortened: String {
        if utf8.count <= 80, utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return self }
        var result = ""
        for scalar in unicodeScalars.prefix(80) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return unicodeScalars.count > 80 ? result + "…" : result
    }
}
