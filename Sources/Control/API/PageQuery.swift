import Home
import Registry
import Tensors

/// The `limit` and `after` of a request for a list.
struct PageQuery {
    /// Between 1 and 1000, whatever was asked for above that.
    let limit: Int
    /// Where the page before ended.
    let after: String?

    /// - Parameter standard: the limit when none is given.
    /// - Throws: `RegistryError.Code.invalid` for a limit that is no whole number from 1 up.
    init(_ request: ControlRequest, standard: Int = 50) throws(RegistryError) {
        after = request.query["after"]
        guard let text = request.query["limit"] else {
            limit = standard
            return
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.utf8.count <= 15, let value = Int(text),
            value >= 1
        else {
            throw RegistryError(.invalid, "limit is no whole number from 1 up", help: "ask for at most 1000 at a time")
        }
        limit = min(value, 1000)
    }

    /// `after` as a number.
    ///
    /// - Throws: `RegistryError.Code.invalid` for anything but a whole number from 1 up.
    func number() throws(RegistryError) -> Int? {
        guard let after else { return nil }
        guard let number = try? VersionNumber(after) else {
            throw RegistryError(.invalid, "after is no number of the page before", help: "use the 'next' of that page")
        }
        return number.value
    }

    /// `after` as a model's name.
    ///
    /// - Throws: `RegistryError.Code.invalid`.
    func model() throws(RegistryError) -> String? {
        guard let after else { return nil }
        guard let name = try? ModelName(after) else {
            throw RegistryError(.invalid, "after is no model of the page before", help: "use the 'next' of that page")
        }
        return name.description
    }

    /// `{"items":[…],"next":…}`; `next` is what to ask for after, and null on the last page.
    static func json(_ items: [JSONValue], next: JSONValue?) -> JSONValue {
        .object([("items", .array(items)), ("next", next ?? .null)])
    }
}
