import Pickle
import Tensors

/// Arguments of an exported program's calls.
extension ProgramBuilder {
    /// The value that an argument stands for.
    func value(_ json: JSONValue, _ place: String) throws(TorchError) -> ProgramValue {
        guard let member = json.objectValue?.first(where: { !$0.value.isNull }) else { return .none }
        let content = member.value
        switch member.key {
        case "as_none": return .none
        case "as_tensor": return try named(content["name"], place)
        case "as_optional_tensor": return try value(content, place)
        case "as_int": return content.intValue.map { .int($0) } ?? .opaque("a number beyond 64 bits")
        case "as_float": return Self.number(content)
        case "as_bool": return .bool(content.boolValue ?? false)
        case "as_string": return .text(content.stringValue ?? "")
        case "as_sym_int", "as_sym_float", "as_sym_bool":
            if content["as_name"]?.stringValue != nil { return try named(content["as_name"], place) }
            return try value(content, place)
        case "as_scalar_type":
            guard let number = content.intValue, (0...1000).contains(number) else { return .opaque("an element type") }
            return .type(TorchScalarType.program(exported: number))
        case "as_tensors": return try list(content) { (item) throws(TorchError) in try self.named(item["name"], place) }
        case "as_optional_tensors", "as_sym_ints", "as_sym_floats", "as_sym_bools":
            return try list(content) { (item) throws(TorchError) in try self.value(Self.union(item), place) }
        case "as_ints": return try list(content) { .init(int: $0) }
        case "as_floats": return try list(content) { Self.number($0) }
        case "as_bools": return try list(content) { .bool($0.boolValue ?? false) }
        case "as_memory_format", "as_layout", "as_device": return .opaque("a place in memory")
        default: return .opaque("an argument of the kind \(member.key.quotedName)")
        }
    }

    private func list(
        _ json: JSONValue, _ body: (JSONValue) throws(TorchError) -> ProgramValue
    ) throws(TorchError) -> ProgramValue {
        var items: [ProgramValue] = []
        for item in json.arrayValue ?? [] { items.append(try body(item)) }
        return .list(items)
    }

    /// `as_name` of a size that is known at run time is a name of the graph's.
    private static func union(_ json: JSONValue) -> JSONValue {
        json["as_name"] != nil ? .object([("as_sym_int", json)]) : json
    }

    private static func number(_ json: JSONValue) -> ProgramValue {
        if let number = json.doubleValue { return .float(number) }
        switch json.stringValue {
        case "Infinity"?: return .float(.infinity)
        case "-Infinity"?: return .float(-.infinity)
        case "NaN"?: return .float(.nan)
        default: return .opaque("a number that is none")
        }
    }
}

extension ProgramValue {
    init(int json: JSONValue) { self = json.intValue.map { .int($0) } ?? .opaque("a number beyond 64 bits") }
}

/// An operator's name, taken apart.
struct TargetName {
    var name: String

    /// `nil` for what is no operator of ATen's: a function of Python's, or of another library.
    init?(_ target: String) {
        let parts = target.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] == "torch", parts[1] == "ops", parts[2] == "aten" else { return nil }
        name = String(parts[3])
    }
}

/// Names of strangers, as names of a graph.
enum InertName {
    static func of(_ text: String, _ fallback: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars.prefix(200) {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || scalar == "_" || scalar == "." { name.unicodeScalars.append(scalar) } else { name += "_" }
        }
        return name.isEmpty ? fallback : name
    }
}

extension TorchError {
    /// A program with operators that are not rebuilt.
    static func operators(_ unknown: [String: Int]) -> TorchError {
        let all = unknown.sorted { $0.key < $1.key }.map { name, count in
            name.quotedName + (count == 1 ? "" : ", \(count) times")
        }
        let shown = all.prefix(20)
        return TorchError(
            unknown.count == 1
                ? "one operator of this program is not rebuilt here"
                : "\(unknown.count) operators of this program are not rebuilt here",
            causes: shown + (all.count > shown.count ? ["and \(all.count - shown.count) more"] : []))
    }
}

extension ProgramBuilder {
    private func named(_ json: JSONValue?, _ place: String) throws(TorchError) -> ProgramValue {
        let name = json?.stringValue ?? ""
        guard let value = values[name] else {
            throw .damaged("\(place): uses \(name.quotedName), which nothing before it makes")
        }
        return value
    }
}
