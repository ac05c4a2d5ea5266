import Glibc
import Tensors

/// Reads from a reply which version gave it, and says whether it is right.
///
/// The JSON of binary replies is the same byte for byte as long as the version is, so its layout is parsed once and then
/// recognised. One judge belongs to one connection.
struct ReplyJudge {
    struct Verdict: Equatable {
        var version: String?
        /// Why the answer is wrong; `nil` when it is right.
        var fault: String?
    }

    private var known: [(json: [UInt8], layout: ReplyLayout)] = []
    private var nextToForget = 0
    /// Versions that answer at the same time are few.
    private static let memory = 4

    mutating func judge(
        _ body: UnsafeRawBufferPointer, jsonLength: Int?, expecting expectation: LoadSample.Expectation
    ) -> Verdict {
        let length = jsonLength ?? body.count
        guard (0...body.count).contains(length) else {
            return Verdict(fault: "the reply says its JSON has \(length) bytes, but its body has \(body.count)")
        }
        let json = UnsafeRawBufferPointer(rebasing: body[..<length])
        let binary = UnsafeRawBufferPointer(rebasing: body[length...])
        let layout = Result { () throws(ClientError) in try self.layout(json, binaryCount: binary.count) }
        let version = (try? layout.get())?.modelVersion
        switch expectation {
        case .anything:
            return Verdict(version: version)
        case .verified(let isRight):
            return Verdict(version: version, fault: isRight(body, length) ? nil : "the answer is not the expected one")
        case .labels(let expected):
            do throws(ClientError) {
                let found = try Self.labels(in: try layout.get(), binary, rows: expected.count)
                return Verdict(version: version, fault: Self.difference(expected, found))
            } catch {
                return Verdict(version: version, fault: error.message)
            }
        }
    }

    private mutating func layout(
        _ json: UnsafeRawBufferPointer, binaryCount: Int
    ) throws(ClientError) -> ReplyLayout {
        if let match = known.first(where: { Self.equal($0.json, json) && $0.layout.binaryCount == binaryCount }) {
            return match.layout
        }
        let layout = try ReplyLayout(parsing: json, binaryCount: binaryCount)
        if layout.isReusable { remember(json, layout) }
        return layout
    }

    private mutating func remember(_ json: UnsafeRawBufferPointer, _ layout: ReplyLayout) {
        if known.count < Self.memory { return known.append((Array(json), layout)) }
        known[nextToForget] = (Array(json), layout)
        nextToForget = (nextToForget + 1) % Self.memory
    }

    private static func equal(_ known: [UInt8], _ json: UnsafeRawBufferPointer) -> Bool {
        guard known.count == json.count else { return false }
        guard let base = json.baseAddress else { return true }
        return known.withUnsafeBytes { $0.baseAddress.map { memcmp($0, base, json.count) == 0 } ?? true }
    }

    private static func difference(_ expected: [Int], _ found: [Int]) -> String? {
        guard let row = expected.indices.first(where: { expected[$0] != found[$0] }) else { return nil }
        return "expected class \(expected[row]) in row \(row), found \(found[row])"
    }

    /// The class of each of `rows` rows.
    private static func labels(
        in layout: ReplyLayout, _ binary: UnsafeRawBufferPointer, rows: Int
    ) throws(ClientError) -> [Int] {
        guard let output = layout.outputs.first(where: { [.float32, .int64].contains($0.elementType) }) else {
            throw ClientError(.malformedReply, "the reply has no FP32 or INT64 output to read a class from")
        }
        let count = output.shape.elementCount
        let width = output.elementType == .int64 ? 1 : rows > 0 ? count / rows : 0
        guard width > 0, width.multipliedReportingOverflow(by: rows) == (count, false) else {
            throw ClientError(.malformedReply, "expected classes of \(rows) rows, found shape \(output.shape)")
        }
        return switch output.elements {
        case .read(let tensor): labels(tensor.bytes, output.elementType, rows: rows, width: width)
        case .binary(let range):
            labels(UnsafeRawBufferPointer(rebasing: binary[range]), output.elementType, rows: rows, width: width)
        }
    }

    /// `bytes` has `rows * width` elements, not necessarily aligned.
    private static func labels(
        _ bytes: UnsafeRawBufferPointer, _ type: ElementType, rows: Int, width: Int
    ) -> [Int] {
        (0..<rows).map { row in
            guard type == .float32 else {
                return Int(bytes.loadUnaligned(fromByteOffset: row * 8, as: Int64.self))
            }
            var best = 0
            var largest = bytes.loadUnaligned(fromByteOffset: row * width * 4, as: Float.self)
            for column in 1..<width {
                let value = bytes.loadUnaligned(fromByteOffset: (row * width + column) * 4, as: Float.self)
                if value > largest { (best, largest) = (column, value) }
            }
            return best
        }
    }
}
