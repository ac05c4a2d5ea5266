import Tensors

/// What the routes of a multi-model endpoint take and answer.
///
/// Source: Amazon SageMaker, "Custom containers for multi-model endpoints". Models come from the registry: what the
/// platform calls a model's URL is a version's reference here, `digits:3`.
enum MultiModel {
    /// The body of `POST /models`.
    struct LoadRequest: Hashable {
        /// What the model is to be called.
        var name: String
        /// Which version it is to be; `nil` for what the name says.
        var reference: String?

        /// - Throws: `RequestFault.Code.malformedBody`, `.invalidInput` for a body without a name, `.notOffered` for a URL
        ///   that names files.
        init(_ body: [UInt8]) throws(RequestFault) {
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONValue.parse(body)
            } catch {
                throw RequestFault(error)
            }
            guard let name = value["model_name"]?.stringValue, !name.isEmpty else {
                throw RequestFault(
                    .invalidInput, "the request has no 'model_name'; give it, and a 'url' such as 'digits:3'")
            }
            let url = value["url"]?.stringValue ?? ""
            guard !url.utf8.contains(UInt8(ascii: "/")) else { throw MultiModel.ownFiles }
            self.name = name
            reference = url.isEmpty ? nil : url
        }
    }

    /// Models that one answer lists.
    static let pageSize = 100

    /// Why files of the request's own are not loaded.
    static let ownFiles = RequestFault(
        .notOffered,
        "'url' names files, and this server loads what is registered: import them with 'slipway import', and give 'url' as "
            + "'digits:3'")

    /// Why a model is not loaded that is there.
    static func present(_ name: String) -> RequestFault {
        RequestFault(.notInThisState, "model '\(name.shortened)' is loaded already; delete it first")
    }

    /// The answer to `GET /models`: those in service, by name.
    ///
    /// - Parameter token: the last name of the page before; `nil` for the first page.
    static func list(_ table: LiveTable, after token: String?) -> [UInt8] {
        let names = table.endpoints.values.filter { !$0.arms.isEmpty }.map(\.name).sorted()
        let rest = names.drop { name in token.map { name <= $0 } ?? false }
        let page = rest.prefix(pageSize)
        var members: [(String, JSONValue)] = [
            ("models", .array(page.compactMap { table.endpoints[$0] }.map(description)))
        ]
        if rest.count > page.count, let last = page.last { members.append(("nextPageToken", .string(last))) }
        return JSONValue.object(members).encoded()
    }

    /// The answer to `GET /models/{model}`.
    ///
    /// - Throws: `RequestFault.Code.unknownModel` for one that is not in service.
    static func show(_ endpoint: LiveEndpoint) throws(RequestFault) -> [UInt8] {
        guard !endpoint.arms.isEmpty else {
            throw RequestFault(.unknownModel, "model '\(endpoint.name.shortened)' is not loaded")
        }
        return description(endpoint).encoded()
    }

    private static func description(_ endpoint: LiveEndpoint) -> JSONValue {
        let references = endpoint.arms.map { "\($0.servable.model):\($0.servable.version)" }
        return .object([
            ("modelName", .string(endpoint.name)), ("modelUrl", .string(references.joined(separator: ","))),
        ])
    }
}
