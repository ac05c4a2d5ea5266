import Tensors

/// What reading a Keras file in Python would import and run, told from its configuration. Nothing of it is run here.
package struct KerasScan: Sendable {
    /// How bad it is.
    package enum Verdict: String, Sendable {
        case harmless, unknown, dangerous
    }

    /// A class or a function that the configuration names.
    package struct Finding: Sendable {
        package var verdict: Verdict
        /// Such as `keras.layers.Lambda`.
        package var name: String
        /// The first layer that names it.
        package var place: String
        /// How often it is named.
        package var count: Int
        /// Why it is not harmless.
        package var reason: String?
    }

    /// Dangerous ones first, then unknown ones, then by name.
    package private(set) var findings: [Finding] = []
    /// Layers of the model.
    package private(set) var layerCount = 0
    private var places: [String: Int] = [:]

    /// Modules of Python's own through which code is run, or files and networks are reached.
    private static let dangerousModules: Set<String> = [
        "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "importlib", "runpy", "pickle", "ctypes", "code",
        "pty", "webbrowser", "builtins", "marshal", "types", "operator", "functools", "tempfile", "pathlib", "io",
        "http",
        "urllib", "requests", "multiprocessing", "threading", "asyncio", "signal", "inspect", "pdb", "pip", "imp",
    ]

    /// - Parameter configuration: of the model; a file of weights alone has none, and names nothing.
    package init(_ file: KerasFile) {
        guard let configuration = file.configuration else { return }
        visit(configuration, place: "", depth: 0)
        let order: [Verdict: Int] = [.dangerous: 0, .unknown: 1, .harmless: 2]
        findings.sort { (order[$0.verdict] ?? 0, $0.name) < (order[$1.verdict] ?? 0, $1.name) }
    }

    /// The worst that was found.
    package var outcome: Verdict { findings.first?.verdict ?? .harmless }

    private mutating func visit(_ json: JSONValue, place: String, depth: Int) {
        // JSON itself is read to a limited depth.
        switch json {
        case .array(let items): for item in items { visit(item, place: place, depth: depth + 1) }
        case .object(let members):
            var here = place
            if let className = json["class_name"]?.stringValue, className != "__keras_tensor__" {
                if let name = json["name"]?.stringValue ?? json["config"]?["name"]?.stringValue, isLayer(json) {
                    here = name
                    // The model itself is none of its layers.
                    if depth > 0 { layerCount += 1 }
                }
                add(className, json, place: here)
            }
            for member in members { visit(member.value, place: here, depth: depth + 1) }
        default: break
        }
    }

    /// Layers stand in lists with what goes into them, or have options that a layer has.
    private func isLayer(_ json: JSONValue) -> Bool {
        json["inbound_nodes"] != nil || json["config"]?["trainable"] != nil || json["config"]?["batch_shape"] != nil
            || json["config"]?["batch_input_shape"] != nil
    }

    private mutating func add(_ className: String, _ json: JSONValue, place: String) {
        let module = json["module"]?.stringValue ?? ""
        let registered = json["registered_name"]?.stringValue
        let function = className == "function" ? json["config"]?.stringValue : nil
        let name = (module.isEmpty ? "" : module + ".") + (function ?? className)
        let (verdict, reason) = Self.verdict(className, module, registered, function, json["config"] ?? .null)
        if let known = places[name + verdict.rawValue] {
            findings[known].count += 1
            return
        }
        guard findings.count < 10_000 else { return }
        places[name + verdict.rawValue] = findings.count
        findings.append(Finding(verdict: verdict, name: name, place: place, count: 1, reason: reason))
    }

    private static func verdict(
        _ className: String, _ module: String, _ registered: String?, _ function: String?, _ options: JSONValue
    ) -> (Verdict, String?) {
        if className == "__lambda__" { return (.dangerous, "it holds Python code, which loading the model can run") }
        if className == "Lambda" { return lambda(options) }
        let root = module.split(separator: ".").first.map(String.init) ?? ""
        if let function {
            if root == "keras" || root == "tf_keras" { return (.harmless, nil) }
            // Keras looks names of builtins up among what its reader has registered.
            if root == "builtins" || root.isEmpty {
                return (.unknown, "the function '\(function.prefix(80))' is to be given by whoever loads the model")
            }
        }
        if dangerousModules.contains(root), !(root == "builtins" && className == "slice") {
            return (.dangerous, "loading the model imports the module '\(root)' of Python's own, which no layer is in")
        }
        if registered?.contains(">") == true {
            return (.unknown, "a class of its owner's own, which is to be given by whoever loads the model")
        }
        if ["", "keras", "tf_keras"].contains(root) { return (.harmless, nil) }
        return (.unknown, "loading the model can import the module '\(module.prefix(80))'")
    }

    /// A layer's code stands in it, or is a function that has a name.
    private static func lambda(_ options: JSONValue) -> (Verdict, String?) {
        let isNamed =
            options["function_type"]?.stringValue == "function"
            || options["function"]?["class_name"]?.stringValue == "function"
        return isNamed
            ? (.unknown, "it calls a function of its owner's own, which is to be given by whoever loads the model")
            : (.dangerous, "it holds Python code, which loading the model can run")
    }
}
