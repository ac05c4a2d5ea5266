import Pickle
import Tensors

/// The tensors of a file of weights, as machines read it.
enum WeightsReport {
    static func json(_ listing: TensorListing) -> JSONValue {
        .object([
            ("format", .string(listing.format)), ("bytes", .integer(byteCount(listing))),
            ("tensors", .array(listing.entries.map(json))),
            (
                "metadata",
                .array(
                    listing.metadata.map { .object([("key", .string($0.key)), ("value", .string($0.value))]) })
            ),
            ("notes", .array(listing.notes.map(JSONValue.string))),
        ])
    }

    /// Of all elements together; saturates.
    private static func byteCount(_ listing: TensorListing) -> Int {
        listing.entries.reduce(0) { sum, entry in
            let (total, overflow) = sum.addingReportingOverflow(entry.byteCount)
            return overflow ? Int.max : total
        }
    }

    private static func json(_ entry: TensorListing.Entry) -> JSONValue {
        .object([
            ("name", .string(entry.name)), ("type", .string(entry.type)),
            ("shape", .array(entry.shape.map(JSONValue.integer))), ("bytes", .integer(entry.byteCount)),
            ("place", .string(entry.place)),
            ("strides", entry.strides.map { .array($0.map(JSONValue.integer)) } ?? .null),
        ])
    }
}
