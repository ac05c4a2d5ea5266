package import Client
package import Tensors

extension HTTPReply {
    package var text: String { String(decoding: body, as: UTF8.self) }
    package var json: JSONValue? { try? JSONValue.parse(body) }
}
