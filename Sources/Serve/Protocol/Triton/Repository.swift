import Tensors

/// What the model repository and logging extensions of Triton can be told here. Models come and go by deployments, which
/// clients may ask for where the server lets them; the log is set up when the server starts.
enum Repository {
    /// The reply to `POST /v2/repository/index`.
    ///
    /// - Parameters:
    ///   - body: empty, or an object whose `ready` leaves out models that are not.
    ///   - names: models that could be in service.
    /// - Throws: `RequestFault.Code.malformedBody` for another body.
    static func index(
        _ table: LiveTable, body: [UInt8], names: [String] = []
    ) throws(RequestFault) -> [UInt8] {
        let onlyReady = try isReadyAsked(body)
        var rows: [JSONValue] = []
        for endpoint in table.endpoints.values.sorted(by: { $0.name < $1.name }) {
            for arm in endpoint.arms {
                rows.append(row(endpoint.name, [("version", .string(arm.servable.version))], "READY", arm.memoryNote))
            }
            if endpoint.arms.isEmpty, !onlyReady {
                rows.append(row(endpoint.name, [], "UNAVAILABLE", "deployed but not loaded"))
            }
        }
        for name in names where table.endpoints[name] == nil && !onlyReady {
            rows.append(row(name, [], "UNAVAILABLE", unloaded))
        }
        return JSONValue.array(rows).encoded()
    }

    /// Why a model is not available that could be.
    static let unloaded = "unloaded"

    private static func row(
        _ name: String, _ version: [(String, JSONValue)], _ state: String, _ reason: String
    ) -> JSONValue {
        .object([("name", .string(name))] + version + [("state", .string(state)), ("reason", .string(reason))])
    }

    static func isReadyAsked(_ body: [UInt8]) throws(RequestFault) -> Bool {
        guard !body.isEmpty else { return false }
        do throws(JSONError) {
            let value = try JSONValue.parse(body)
            guard value.objectValue != nil else {
                throw JSONError(.wrongKind, "expected an object", offset: 0)
            }
            return value["ready"]?.boolValue ?? false
        } catch {
            throw RequestFault(error)
        }
    }

    /// What a version says that is ready, but not in memory.
    static let unloadedNote = "not in memory; the next request loads it"

    /// What the body of a request to load or to unload brings.
    ///
    /// - Throws: `RequestFault.Code.malformedBody` for what is no object.
    static func loadParameters(_ body: [UInt8]) throws(RequestFault) -> LoadParameters {
        var parameters = LoadParameters()
        guard !body.isEmpty else { return parameters }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(body)
            guard value.objectValue != nil else {
                throw JSONError(.wrongKind, "expected an object", offset: 0)
            }
        } catch {
            throw RequestFault(error)
        }
        for member in value["parameters"]?.objectValue ?? [] { parameters.note(member.key, member.value.stringValue) }
        return parameters
    }

    /// The reply to a request to load or to unload, which is KServe's; Triton's clients read the status.
    static func done(_ model: String, _ what: String) -> [UInt8] {
        JSONValue.object([("name", .string(model)), (what, true)]).encoded()
    }

    /// Why `load` and `unload` do nothing.
    static let refusal = RequestFault(
        .notOffered,
        "models are not loaded and unloaded here; use 'slipway deploy' and 'slipway undeploy', or serve with "
            + "--model-control explicit")

    /// The reply to `GET /v2/logging`.
    static func logging(isVerbose: Bool) -> [UInt8] {
        JSONValue.object([
            ("log_file", ""), ("log_info", true), ("log_warning", true), ("log_error", true),
            ("log_verbose_level", .integer(isVerbose ? 1 : 0)), ("log_format", "default"),
        ]).encoded()
    }

    /// Why `POST /v2/logging` does nothing.
    static let loggingRefusal = RequestFault(
        .notOffered, "the log cannot be changed while the server runs; start it with --verbose or --log")
}

extension LiveArm {
    /// The reason beside the state of a version that is ready.
    var memoryNote: String { servable.isResident ? "" : Repository.unloadedNote }
}
