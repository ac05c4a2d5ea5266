import Home
import Registry
import Release
import Seals
import Tensors
import Trust

extension ControlReply {
    static func json(_ value: JSONValue, status: Int = 200) -> ControlReply {
        ControlReply(
            status: status, contentType: "application/json", body: value.encoded(pretty: true) + [UInt8(ascii: "\n")])
    }

    /// An error as the management API says it: RFC 9457, with the help beside the detail.
    static func problem(_ error: any Error) -> ControlReply {
        let (status, message, help) = describe(error)
        var members: [(String, JSONValue)] = [("status", .integer(status)), ("error", .string(message))]
        if let help { members.append(("help", .string(help))) }
        var reply = json(.object(members), status: status)
        reply.contentType = "application/problem+json"
        return reply
    }

    /// Status, message and help of any room's error. What is nobody's business is not repeated.
    static func describe(_ error: any Error) -> (status: Int, message: String, help: String?) {
        switch error {
        case let error as ReleaseError: (status(of: error.code), error.message, error.help)
        case let error as RegistryError:
            (error.code == .notFound ? 404 : error.code == .conflict ? 409 : 400, error.message, error.help)
        case let error as HomeError:
            (error.code == .notFound ? 404 : error.code == .conflict ? 409 : 503, "the home cannot be used", nil)
        case let error as ControlError: (error.code == .refused ? 403 : 409, error.message, error.help)
        case let error as SealError: (error.code == .older ? 409 : 403, error.message, error.help)
        case let error as TrustError: (403, error.message, error.help)
        case let error as JSONError: (400, error.description, nil)
        default: (500, "the request could not be carried out", nil)
        }
    }

    private static func status(of code: ReleaseError.Code) -> Int {
        switch code {
        case .notFound: 404
        case .conflict, .stale, .quarantined: 409
        case .invalid: 400
        default: 500
        }
    }
}
