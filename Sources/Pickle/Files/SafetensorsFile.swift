import Tensors

/// A safetensors file: a header of JSON, then the elements, without holes and without overlaps.
///
/// Source: github.com/huggingface/safetensors, `safetensors/src/tensor.rs` of 0.6, whose rules are all kept.
package struct SafetensorsFile: Sendable {
    let listing: TensorListing

    private static let longestHeader = 100_000_000

    private static let types: [String: (name: String, bits: Int)] = [
        "BOOL": ("BOOL", 8), "U8": ("UINT8", 8), "I8": ("INT8", 8), "F8_E5M2": ("F8_E5M2", 8),
        "F8_E4M3": ("F8_E4M3", 8), "F8_E8M0": ("F8_E8M0", 8), "I16": ("INT16", 16), "U16": ("UINT16", 16),
        "F16": ("FP16", 16), "BF16": ("BF16", 16), "I32": ("INT32", 32), "U32": ("UINT32", 32), "F32": ("FP32", 32),
        "C64": ("COMPLEX64", 64), "F64": ("FP64", 64), "I64": ("INT64", 64), "U64": ("UINT64", 64), "F4": ("F4", 4),
        "F6_E2M3": ("F6_E2M3", 6), "F6_E3M2": ("F6_E3M2", 6),
    ]

    /// Checks all of the header against the file; the elements are not read.
    ///
    /// - Throws: `PickleError.Code.malformed`, `.tooLarge` for a header beyond 100 MB, `.unsupported` for an element type
    ///   that is not known.
    package init(_ bytes: PickleBytes) throws(PickleError) {
        var cursor = StreamCursor(bytes)
        let length = try cursor.number(bytes: 8)
        guard length <= Self.longestHeader else {
            throw PickleError(.tooLarge, "a header of \(length) bytes; at most \(Self.longestHeader) are accepted")
        }
        guard length >= 2, length <= cursor.remaining else {
            throw PickleError(.malformed, "a header of \(length) bytes, but \(cursor.remaining) follow")
        }
        let header = try cursor.slice(length)
        guard header[0] == UInt8(ascii: "{") else { throw PickleError(.malformed, "the header is no JSON object") }
        let members: [(key: String, value: JSONValue)]
        do {
            guard case .object(let parsed) = try JSONValue.parse(header.array) else {
                throw PickleError(.malformed, "the header is no JSON object")
            }
            members = parsed.map { ($0.key, $0.value) }
        } catch let error as PickleError {
            throw error
        } catch {
            throw PickleError(.malformed, "the header: \(error)")
        }
        listing = try Self.listing(members, elementBytes: cursor.remaining)
    }

    private static func listing(
        _ members: [(key: String, value: JSONValue)], elementBytes: Int
    ) throws(PickleError) -> TensorListing {
        var metadata: [(key: String, value: String)] = []
        var entries: [(entry: TensorListing.Entry, range: Range<Int>)] = []
        for member in members {
            if member.key == "__metadata__" {
                metadata = try texts(member.value)
            } else {
                entries.append(try entry(member.key, member.value, elementBytes))
            }
        }
        entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var end = 0
        for (entry, range) in entries {
            guard range.lowerBound == end else {
                throw PickleError(
                    .malformed,
                    "\(entry.name.quotedName) begins at byte \(range.lowerBound) of the elements; expected \(end), so that "
                        + "there are no holes and no overlaps")
            }
            end = range.upperBound
        }
        guard end == elementBytes else {
            throw PickleError(.malformed, "the tensors have \(end) bytes, but \(elementBytes) follow the header")
        }
        return TensorListing(format: "safetensors", entries: entries.map(\.entry), metadata: metadata)
    }

    private static func texts(_ value: JSONValue) throws(PickleError) -> [(key: String, value: String)] {
        guard case .object(let members) = value else {
            throw PickleError(.malformed, "'__metadata__' is no JSON object")
        }
        var texts: [(key: String, value: String)] = []
        for member in members {
            guard let text = member.value.stringValue else {
                throw PickleError(.malformed, "'__metadata__' has a value that is no text: \(member.key.quotedName)")
            }
            texts.append((member.key, text))
        }
        return texts
    }

    private static func entry(
        _ name: String, _ value: JSONValue, _ elementBytes: Int
    ) throws(PickleError) -> (entry: TensorListing.Entry, range: Range<Int>) {
        guard case .object(let members) = value, members.count == 3, let code = value["dtype"]?.stringValue,
            let dimensions = value["shape"]?.arrayValue, let offsets = value["data_offsets"]?.arrayValue
        else {
            throw PickleError(
                .malformed, "\(name.quotedName): expected 'dtype', 'shape' and 'data_offsets', nothing else")
        }
        guard let type = types[code] else {
            throw PickleError(.unsupported, "\(name.quotedName): no element type is called \(code.quotedName)")
        }
        let sizes = dimensions.compactMap(\.intValue)
        guard sizes.count == dimensions.count, let shape = try? Shape(sizes) else {
            throw PickleError(.malformed, "\(name.quotedName): its shape is not a list of sizes that exist")
        }
        let (bits, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.bits)
        guard !overflow, bits.isMultiple(of: 8), offsets.count == 2, let start = offsets[0].intValue,
            let end = offsets[1].intValue, start >= 0, start <= end, end <= elementBytes
        else {
            throw PickleError(.malformed, "\(name.quotedName): its offsets do not lie within the file")
        }
        guard end - start == bits / 8 else {
            throw PickleError(
                .malformed, "\(name.quotedName): \(code) \(shape) needs \(bits / 8) bytes, but has \(end - start)")
        }
        let entry = TensorListing.Entry(
            name: name, type: type.name, shape: sizes, byteCount: end - start, place: "byte \(start)")
        return (entry, start..<end)
    }
}
