import Compress
import Tensors

/// Where a limited child is with its work.
package struct ChildStep: Hashable, Sendable {
    /// Such as `observing 22 tensors`. A name of a node in it is a stranger's text.
    package let name: String
    package let done: Int
    /// `nil` where nobody knows before the end.
    package let total: Int?

    /// What begins a line of the child's that says where it is.
    static let mark = "slipway-step: "
    /// The most bytes of a name that are shown.
    private static let longest = 200

    init(_ step: RecipeStep) {
        name = String(step.name.prefix(Self.longest))
        done = step.done
        total = step.total
    }

    var json: JSONValue {
        .object([
            ("name", .string(name)), ("done", .integer(done)), ("total", total.map(JSONValue.integer) ?? .null),
        ])
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(_ line: some Collection<UInt8>) {
        guard let json = try? JSONValue.parse(Array(line)), let name = json["name"]?.stringValue,
            let done = json["done"]?.intValue
        else { return nil }
        self.name = String(name.prefix(Self.longest))
        self.done = done
        total = json["total"]?.intValue
    }
}

/// What a child says on standard error, piece by piece: steps are told at once and not kept, the rest is kept up to a limit.
struct ChildTalk {
    /// All lines that are no steps.
    private(set) var rest: [UInt8] = []
    private var line: [UInt8] = []
    private let limit: Int

    /// - Parameter limit: bytes that are kept; what comes afterwards is dropped.
    init(limit: Int) { self.limit = limit }

    mutating func take(_ bytes: UnsafeRawBufferPointer, steps: (ChildStep) -> Void) {
        for byte in bytes {
            line.append(byte)
            if byte == UInt8(ascii: "\n") {
                end(steps)
            } else if line.count > limit {
                keep()
            }
        }
    }

    /// Nothing more comes: what is unfinished is kept.
    mutating func finish() { keep() }

    private mutating func end(_ steps: (ChildStep) -> Void) {
        guard line.starts(with: ChildStep.mark.utf8) else { return keep() }
        if let step = ChildStep(line.dropFirst(ChildStep.mark.utf8.count).dropLast()) { steps(step) }
        line = []
    }

    private mutating func keep() {
        rest += line.prefix(max(0, limit - rest.count))
        line = []
    }
}
