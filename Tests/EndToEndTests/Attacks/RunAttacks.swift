import Tensors

/// Attacks by numbers: requests that are well-formed, for models that make something bad of them. Rows 42, 45, 46, 55 and
/// 67 of the attack list.
struct RunAttack: Sendable, CustomStringConvertible {
    var row: Int
    var endpoint: String
    /// The JSON; for binary data, what follows it is `tail`.
    var json: String
    var tail: [UInt8]?
    /// One of these.
    var statuses: [Int]
    /// Of the error; `nil` for any.
    var code: String?

    var description: String { "row \(row): \(endpoint) \(json.prefix(120)) \((tail ?? []).prefix(24))" }

    static let all = words + batches + amplifiers + divisions + texts

    // MARK: - Row 42: lengths of strings

    private static func strings(
        _ count: Int, _ tail: [UInt8], statuses: [Int] = [400], size: Int? = nil
    ) -> RunAttack {
        let json =
            #"{"inputs":[{"name":"x","datatype":"BYTES","shape":[\#(count)],"#
            + #""parameters":{"binary_data_size":\#(size ?? tail.count)}}]}"#
        return RunAttack(row: 42, endpoint: "words", json: json, tail: tail, statuses: statuses)
    }

    private static func element(_ text: String, length: UInt32? = nil) -> [UInt8] {
        let length = length ?? UInt32(text.utf8.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(text.utf8)
    }

    private static let words = [
        strings(2, element("fore") + element("aft"), statuses: [200]), strings(0, [], statuses: [200, 400]),
        strings(1, element("", length: 0), statuses: [200]), strings(1, element("fore", length: 5)),
        strings(1, element("fore", length: .max)), strings(1, element("fore", length: 1 << 31)),
        strings(2, element("fore") + element("aft", length: 4)),
        strings(2, element("fore", length: 3) + element("aft")),
        strings(3, element("fore") + element("aft")), strings(1, element("fore") + element("aft")),
        strings(1, []), strings(1, [1, 0, 0]), strings(1 << 31, element("fore") + element("aft")),
        strings(1 << 62, element("fore")), strings(-1, element("fore")), strings(1, element("fore"), size: 7),
        strings(1, element("fore"), size: 9),
    ]

    // MARK: - Row 45: batches

    private static func floats(_ endpoint: String, _ shape: String, _ count: Int, _ statuses: [Int]) -> RunAttack {
        let data = Array(repeating: "0", count: count).joined(separator: ",")
        let json = #"{"inputs":[{"name":"x","datatype":"FP32","shape":\#(shape),"data":[\#(data)]}]}"#
        return RunAttack(row: 45, endpoint: endpoint, json: json, tail: nil, statuses: statuses)
    }

    private static let batches = [
        floats("single", "[1,4]", 4, [200]), floats("single", "[0,4]", 0, [400]), floats("single", "[2,4]", 8, [400]),
        floats("single", "[4]", 4, [400]), floats("echo", "[0,4]", 0, [200, 400]), floats("echo", "[3,4]", 12, [200]),
        floats("echo", "[1,5]", 5, [400]), floats("echo", "[4294967296,4]", 4, [400]),
    ]

    // MARK: - Row 46: outputs

    private static func size(_ endpoint: String, _ size: Int, _ statuses: [Int], _ code: String? = nil) -> RunAttack {
        let json = #"{"inputs":[{"name":"n","datatype":"INT64","shape":[1],"data":[\#(size)]}]}"#
        return RunAttack(row: 46, endpoint: endpoint, json: json, tail: nil, statuses: statuses, code: code)
    }

    private static let amplifiers = ["fill", "expand", "tile", "range", "other"].flatMap { endpoint in
        [
            size(endpoint, 3, [200]), size(endpoint, 1 << 28, [507], "run_too_large"),
            size(endpoint, (1 << 31) - 1, [500, 507]), size(endpoint, 1 << 34, [400, 500, 507]),
            size(endpoint, 1 << 40, [400, 500, 507]), size(endpoint, 1 << 62, [400, 500, 507]),
            size(endpoint, .max, [400, 500, 507]),
            // A range that ends before it begins is empty.
            size(endpoint, -3, endpoint == "range" ? [200] : [500]), size(endpoint, 4, [200]),
        ]
    }

    // MARK: - Row 67: what fails while it runs

    /// The model takes 2 from its divisor.
    private static func quotient(_ dividend: Int, _ divisor: Int, _ statuses: [Int]) -> RunAttack {
        let input = { (name: String, value: Int) in
            #"{"name":"\#(name)","datatype":"INT64","shape":[1],"data":[\#(value)]}"#
        }
        return RunAttack(
            row: 67, endpoint: "division", json: #"{"inputs":[\#(input("a", dividend)),\#(input("b", divisor + 2))]}"#,
            tail: nil, statuses: statuses)
    }

    private static func index(_ index: Int, _ statuses: [Int]) -> RunAttack {
        let json = #"{"inputs":[{"name":"i","datatype":"INT64","shape":[1],"data":[\#(index)]}]}"#
        return RunAttack(row: 67, endpoint: "gather", json: json, tail: nil, statuses: statuses)
    }

    private static let divisions = [
        quotient(7, -2, [200]), quotient(7, 0, [500]), quotient(.min, -1, [200]), quotient(.min, 0, [500]),
        index(3, [200]), index(4, [500]), index(-5, [500]), index(.max, [500]), index(.min, [500]),
    ]

    // MARK: - Row 55: backtracking

    /// The patterns are `(a+)+` and `(a|aa)+b?(a*)*c`, which a reader that goes back over its tracks never finishes.
    private static func word(_ endpoint: String, _ word: [UInt8]) -> RunAttack {
        let tail = (0..<4).map { UInt8(truncatingIfNeeded: word.count >> (8 * $0)) } + word
        let json =
            #"{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"#
            + #""parameters":{"binary_data_size":\#(tail.count)}}]}"#
        return RunAttack(row: 55, endpoint: endpoint, json: json, tail: tail, statuses: [200])
    }

    private static let texts =
        ["repeated", "alternating", "split"].flatMap { endpoint in
            [30, 10_000_000].map {
                word(endpoint, Array(repeating: UInt8(ascii: "a"), count: $0) + [UInt8(ascii: "!")])
            }
        } + [word("split", Array(repeatElement(Array("a ".utf8), count: 200_000).joined()))]
}
