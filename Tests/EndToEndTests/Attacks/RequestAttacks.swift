/// Attacks by request: rows 34 to 53 of the attack list, as far as they are spoken over REST.
struct RequestAttack: Sendable, CustomStringConvertible {
    /// The row's number in the list.
    var row: Int
    var body: [UInt8]
    var status = 400
    var path = "/v2/models/digits/infer"
    var headers: [(String, String)] = [("Content-Type", "application/json")]

    var description: String { "row \(row): \(path) \(String(decoding: body.prefix(80), as: UTF8.self))" }

    init(_ row: Int, _ body: String, status: Int = 400) {
        self.row = row
        self.body = Array(body.utf8)
        self.status = status
    }

    init(_ row: Int, bytes: [UInt8]) {
        self.row = row
        body = bytes
    }

    /// A path with any method's worth of nonsense in it.
    init(_ row: Int, path: String, status: Int) {
        self.init(row, "{}", status: status)
        self.path = path
    }

    /// A body of JSON and what follows it.
    init(_ row: Int, json: String, length: Int? = nil, tail: Int) {
        self.init(row, json)
        headers.append(("Inference-Header-Content-Length", String(length ?? json.utf8.count)))
        body += [UInt8](repeating: 0, count: tail)
    }

    /// A request for one input; what is left out is as it should be.
    private static func input(
        name: String = "pixels", type: String = "FP32", shape: String = "[1,64]", data: String? = nil, rest: String = ""
    ) -> String {
        let data = data ?? "[\(Array(repeating: "0", count: 64).joined(separator: ","))]"
        return #"{"inputs":[{"name":"\#(name)","datatype":"\#(type)","shape":\#(shape),"data":\#(data)}]\#(rest)}"#
    }

    private static func data(_ first: String) -> String {
        "[\(([first] + Array(repeating: "0", count: 63)).joined(separator: ","))]"
    }

    private static func binary(_ size: String) -> String {
        #"{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,64],"parameters":{"binary_data_size":\#(size)}}]}"#
    }

    static let all =
        grammar + accepted + numbers.map { RequestAttack(36, input(data: data($0))) } + text
        + shapes.map { RequestAttack(39, input(shape: $0)) } + content
        + names.map {
            RequestAttack(50, path: "/v2/models/\($0.0)/infer", status: $0.1)
        }

    private static let grammar = [
        RequestAttack(34, String(repeating: "[", count: 100_000)),
        RequestAttack(34, input(data: String(repeating: "[", count: 70) + String(repeating: "]", count: 70))),
        RequestAttack(35, #"{"inputs":[],"inputs":[]}"#),
        RequestAttack(35, #"{"inputs":[{"name":"pixels","name":"x","datatype":"FP32","shape":[1,64],"data":[]}]}"#),
        RequestAttack(35, #"{"inputs":[{"name":"pixels","shape":[1,64],"shape":[1],"datatype":"FP32","data":[]}]}"#),
        RequestAttack(37, input(type: "INT64", data: data("9223372036854775808"))),
        RequestAttack(37, input(type: "INT64", data: data("1.5"))),
    ]

    private static let numbers = [
        "1e400", String(repeating: "9", count: 400), "1e39", "0x1", "+1", "01", ".5",
    ]

    /// Accepted by rule: floating-point numbers that JSON has no word for, and whole numbers however written.
    private static let accepted =
        ["NaN", "Infinity", "-Infinity", "-0", "1E-400"].map { RequestAttack(36, input(data: data($0)), status: 200) }
        + [RequestAttack(39, input(shape: "[1.0,64]"), status: 200)]

    private static let text = [
        RequestAttack(38, input(data: data(#""\ud800""#))),
        RequestAttack(38, bytes: Array(#"{"inputs":["#.utf8) + [0xff, 0xfe] + Array("]}".utf8)),
        RequestAttack(38, bytes: [0xef, 0xbb, 0xbf] + Array(input().utf8)),
        RequestAttack(38, bytes: input().utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }),
        RequestAttack(38, #"{"inputs":[],}"#), RequestAttack(38, input() + "x"), RequestAttack(38, ""),
        RequestAttack(38, input(name: #"pix\u0000els"#)),
    ]

    private static let shapes = [
        "[1099511627776,1099511627776]", "[-1,64]", "[1.5,64]", "[]", "[1000000000,64]", "[9223372036854775808]",
        "[\(Array(repeating: "1", count: 65).joined(separator: ","))]", "{}", "[\"1\",64]",
    ]

    private static let pixels =
        #"{"name":"pixels","datatype":"FP32","shape":[1,64],"data":\#(data("0"))}"#
    private static let manyKeys = (0..<10_000).map { #""key\#($0)":\#($0)"# }.joined(separator: ",")

    private static let content = [
        RequestAttack(40, input(data: "[1,2,3]")), RequestAttack(40, input(data: "[[1,2],[3]]")),
        RequestAttack(40, input(shape: "[2,64]")),
        RequestAttack(41, json: binary("-1"), tail: 256), RequestAttack(41, json: binary("255"), tail: 255),
        RequestAttack(41, json: binary("9223372036854775807"), tail: 256),
        RequestAttack(41, json: binary("256"), tail: 255), RequestAttack(41, json: binary("256"), tail: 257),
        RequestAttack(41, json: binary("256"), length: 1 << 40, tail: 256),
        RequestAttack(41, json: binary("256"), length: 7, tail: 256), RequestAttack(41, binary("256")),
        RequestAttack(43, input(type: "FP99")), RequestAttack(43, input(type: "FP16")),
        RequestAttack(43, input(type: "INT32")), RequestAttack(43, input(type: "fp32")),
        RequestAttack(44, input(name: "absent")), RequestAttack(44, #"{"inputs":[]}"#),
        RequestAttack(44, input(rest: #","outputs":[{"name":"absent"}]"#)),
        RequestAttack(44, input(rest: #","outputs":[{"name":"logits"},{"name":"logits"}]"#)),
        RequestAttack(47, input(rest: #","parameters":{"timeout":-1}"#)),
        RequestAttack(47, input(rest: #","parameters":{"timeout":9223372036854775808}"#)),
        RequestAttack(47, input(rest: #","parameters":{"priority":-1}"#)),
        RequestAttack(47, input(rest: #","parameters":{"priority":18446744073709551616}"#)),
        RequestAttack(47, input(rest: #","parameters":{"unknown":[1,{"a":null}]}"#), status: 200),
        RequestAttack(47, input(rest: ",\"parameters\":{\(manyKeys)}"), status: 200),
        RequestAttack(44, #"{"inputs":[\#(pixels),\#(pixels)]}"#),
        RequestAttack(44, #"{"inputs":[\#(pixels),{"name":"more","datatype":"FP32","shape":[1],"data":[1]}]}"#),
        // The header's length ends inside of a character.
        RequestAttack(41, json: #"{"id":"é","inputs":[]}"#, length: 8, tail: 0),
        RequestAttack(48, input(rest: #","parameters":{"sequence_id":7}"#)),
        RequestAttack(49, path: "/v2/systemsharedmemory/region/x/register", status: 501),
    ]

    private static let names: [(String, Int)] = [
        ("..%2fx", 400), ("a%2fb", 400), ("%2e", 400), ("CON", 404), ("x%0ay", 400), ("x%1b%5b31m", 400),
        ("%e2%80%aex", 404), ("x%00", 400), (String(repeating: "a", count: 300), 404), ("%c3%a9", 404),
        ("e%cc%81", 404), ("%3Cimg%20src=x%20onerror=alert(1)%3E", 404), ("%7B%7B7*7%7D%7D", 404),
    ]
}
