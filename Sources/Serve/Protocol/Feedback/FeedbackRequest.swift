import Tensors

/// What somebody says was right.
enum FeedbackLabel: Hashable, Sendable {
    case name(String)
    case number(Int)
}

/// Labels for answers, by the ids of their requests.
///
/// One answer is `{"id": "…", "label": 3}`, one of several rows `{"id": "…", "labels": [3, "seven", null]}`, where `null` is a
/// row that nobody labelled; several are `{"feedback": […]}` of either.
struct FeedbackRequest {
    /// The labels of one request.
    struct Item: Hashable {
        var id: String
        /// By row.
        var labels: [FeedbackLabel?]
    }

    let items: [Item]

    /// Labels in one request.
    static let mostLabels = 10_000
    /// Bytes of a request's body.
    static let mostBytes = 1 << 20
    /// Bytes of a label.
    private static let longestLabel = 256

    /// - Throws: `RequestFault.Code.malformedBody` for what is no JSON, `.invalidInput` with the place for another shape.
    init(_ body: [UInt8]) throws(RequestFault) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(body) } catch { throw RequestFault(error) }
        var items: [Item] = []
        if let list = value["feedback"] {
            try Self.require(value, only: ["feedback"], "the body")
            guard let list = list.arrayValue, !list.isEmpty else {
                throw RequestFault(
                    .invalidInput, "'feedback' is a list of objects with 'id' and 'label', and not empty")
            }
            guard list.count <= Self.mostLabels else { throw Self.tooMany }
            for (place, item) in list.enumerated() { items.append(try Item(item, "feedback[\(place)]")) }
        } else {
            items = [try Item(value, "the body")]
        }
        guard items.reduce(0, { $0 + $1.labels.count }) <= Self.mostLabels else { throw Self.tooMany }
        self.items = items
    }

    private static let tooMany = RequestFault(
        .invalidInput, "a request has at most \(mostLabels) labels; send the others in a request of their own")

    fileprivate static func require(
        _ value: JSONValue, only known: Set<String>, _ place: String
    ) throws(RequestFault) {
        guard let members = value.objectValue else { throw RequestFault(.invalidInput, "\(place) is no JSON object") }
        if let other = members.first(where: { !known.contains($0.key) }) {
            throw RequestFault(
                .invalidInput,
                "\(place) has a member '\(other.key.shortened)'; expected \(known.sorted().joined(separator: ", "))")
        }
    }

    fileprivate static func label(_ value: JSONValue, _ place: String) throws(RequestFault) -> FeedbackLabel {
        if let number = value.intValue { return .number(number) }
        guard let name = value.stringValue else {
            throw RequestFault(.invalidInput, "\(place) is a class: a text or a whole number")
        }
        guard name.utf8.count <= longestLabel else {
            throw RequestFault(
                .invalidInput, "\(place) has \(name.utf8.count) bytes; a class has at most \(longestLabel)")
        }
        return .name(name)
    }
}

extension FeedbackRequest.Item {
    fileprivate init(_ value: JSONValue, _ place: String) throws(RequestFault) {
        try FeedbackRequest.require(value, only: ["id", "label", "labels"], place)
        guard let id = value["id"]?.stringValue, RequestID.accepted(id) != nil else {
            throw RequestFault(
                .invalidInput, "\(place) needs an 'id': what the reply to the inference request has as x-request-id")
        }
        self.id = id
        switch (value["label"], value["labels"]) {
        case (let label?, nil): labels = [try FeedbackRequest.label(label, "\(place), label")]
        case (nil, .array(let list)?):
            var labels: [FeedbackLabel?] = []
            guard !list.isEmpty, list.count <= FeedbackRequest.mostLabels else {
                throw RequestFault(
                    .invalidInput, "\(place), labels: from 1 to \(FeedbackRequest.mostLabels), one a row")
            }
            for (row, label) in list.enumerated() {
                labels.append(label.isNull ? nil : try FeedbackRequest.label(label, "\(place), labels[\(row)]"))
            }
            self.labels = labels
        default:
            throw RequestFault(.invalidInput, "\(place) has either a 'label' or a list of 'labels', one for each row")
        }
    }
}
