import ModelGraph
import Tensors

/// A layer as the configuration describes it: its class, and options that are read and checked one by one.
struct LayerConfig {
    /// Such as `Dense`.
    let className: String
    /// Unique in its network.
    let name: String
    let options: JSONValue
    /// Where the class comes from: `keras.layers`; `nil` in the older format.
    let module: String?
    /// The name under which its owner registered it, for classes of the owner's own.
    let registeredName: String?
    /// 2 or 3: which Keras wrote it.
    let generation: Int

    /// The largest size, stride or count that is accepted.
    static let largestSize = 1 << 31

    init(_ json: JSONValue, generation: Int, fallbackName: String = "layer") throws(KerasError) {
        guard let className = json["class_name"]?.stringValue else {
            throw KerasError("the configuration has a layer without a class")
        }
        self.className = className
        self.generation = generation
        options = json["config"] ?? .null
        name = json["name"]?.stringValue ?? options["name"]?.stringValue ?? fallbackName
        module = json["module"]?.stringValue
        registeredName = json["registered_name"]?.stringValue
    }

    /// Whether the class is Keras's own, by what the configuration says.
    var isOwn: Bool {
        guard let module, !module.isEmpty else { return registeredName?.contains(">") != true }
        return module == "keras" || module.hasPrefix("keras.") || module.hasPrefix("tf_keras.")
    }

    /// Name and class, for errors.
    var place: String { "layer '\(LayerName.inert(name))' (\(LayerName.inert(className)))" }

    func refusal(_ what: String, help: String = KerasError.safeWay) -> KerasError {
        KerasError("\(place) \(what)", help: help)
    }

    /// An option that may be missing or `null`.
    func optional(_ key: String) -> JSONValue? {
        guard let value = options[key], value != .null else { return nil }
        return value
    }

    func flag(_ key: String, _ standard: Bool = false) -> Bool { optional(key)?.boolValue ?? standard }

    func text(_ key: String, _ standard: String? = nil) throws(KerasError) -> String {
        guard let value = optional(key) else {
            if let standard { return standard }
            throw refusal("has no '\(key)'")
        }
        guard let text = value.stringValue else { throw refusal("has a '\(key)' that is no text") }
        return text
    }

    func real(_ key: String, _ standard: Double? = nil) throws(KerasError) -> Double {
        guard let value = optional(key) else {
            if let standard { return standard }
            throw refusal("has no '\(key)'")
        }
        guard let number = value.doubleValue, number.isFinite else { throw refusal("has a '\(key)' that is no number") }
        return number
    }

    /// A whole number from 1 on.
    func size(_ key: String, _ standard: Int? = nil) throws(KerasError) -> Int {
        guard let value = optional(key) else {
            if let standard { return standard }
            throw refusal("has no '\(key)'")
        }
        return try checked(value, key, from: 1)
    }

    func integer(_ key: String, _ standard: Int? = nil) throws(KerasError) -> Int {
        guard let value = optional(key) else {
            if let standard { return standard }
            throw refusal("has no '\(key)'")
        }
        return try checked(value, key, from: -Self.largestSize)
    }

    /// Several whole numbers; a single one stands for all.
    func integers(_ key: String, count: Int?, from least: Int = 1) throws(KerasError) -> [Int] {
        guard let value = optional(key) else { throw refusal("has no '\(key)'") }
        guard let list = value.arrayValue else {
            return [Int](repeating: try checked(value, key, from: least), count: count ?? 1)
        }
        guard count.map({ $0 == list.count }) ?? (list.count <= 64) else {
            throw refusal("has a '\(key)' of \(list.count) numbers; expected \(count ?? 64)")
        }
        var numbers: [Int] = []
        for item in list { numbers.append(try checked(item, key, from: least)) }
        return numbers
    }

    func checked(_ value: JSONValue, _ key: String, from least: Int) throws(KerasError) -> Int {
        guard let number = value.intValue, number >= least, number <= Self.largestSize else {
            throw refusal("has a '\(key)' that is no whole number from \(least) to \(Self.largestSize)")
        }
        return number
    }

    /// Refuses an option with another value than the one that is carried.
    func expect(_ key: String, isOff words: String) throws(KerasError) {
        guard flag(key) == false else { throw refusal("\(words), which is not carried") }
    }
}

/// Names that strangers gave.
enum LayerName {
    /// Short, on one line, without control characters.
    static func inert(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.prefix(80).map { scalar in
                    scalar.value < 0x20 || scalar.value == 0x7F || scalar.properties.generalCategory == .format
                        ? "?" : scalar
                }))
    }

    /// As Keras makes a group's name of a class: `MaxPooling2D` becomes `max_pooling2d`.
    ///
    /// Source: `to_snake_case` in `keras/src/utils/naming.py`.
    static func snakeCase(_ name: String) -> String {
        var letters = Array(name.unicodeScalars.filter { $0 == "_" || $0.properties.isAlphabetic || isDigit($0) })
        var first: [Unicode.Scalar] = []
        var index = 0
        // "(.)([A-Z][a-z]+)": a word that begins after something else.
        while index < letters.count {
            first.append(letters[index])
            index += 1
            guard index + 1 < letters.count, isUpper(letters[index]), isLower(letters[index + 1]) else { continue }
            first.append("_")
            first.append(letters[index])
            index += 1
            while index < letters.count, isLower(letters[index]) {
                first.append(letters[index])
                index += 1
            }
        }
        letters = first
        var second: [Unicode.Scalar] = []
        // "([a-z])([A-Z])": where small letters end.
        for (place, letter) in letters.enumerated() {
            if place > 0, isLower(letters[place - 1]), isUpper(letter) { second.append("_") }
            second.append(letter)
        }
        return String(String.UnicodeScalarView(second)).lowercased()
    }

    private static func isUpper(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) }
    private static func isLower(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }
    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
