import Tensors

extension HTTPReply {
    /// This reply, when its status is a success.
    ///
    /// - Throws: `ClientError.Code.status` with the status, the server's text and, where it sent one, its code.
    package func successful() throws(ClientError) -> HTTPReply {
        guard !(200...299).contains(status) else { return self }
        let fault = serverFault
        throw ClientError(.status, "\(status): \(fault.text)", status: status, serverCode: fault.code)
    }

    /// What the body of an error says: `{"error": "text"}` as the Open Inference Protocol has it, `{"error": {"code",
    /// "message"}}` as other APIs do, or the beginning of whatever else came.
    private var serverFault: (text: String, code: String?) {
        guard let json = try? JSONValue.parse(body) else { return (plainText, nil) }
        let inner = json["error"]
        let text = inner?.stringValue ?? inner?["message"]?.stringValue ?? json["message"]?.stringValue
        let code = inner?["code"]?.stringValue ?? json["code"]?.stringValue
        return (text.map(Self.printable) ?? plainText, code)
    }

    private var plainText: String {
        body.isEmpty ? "the server gave no reason" : Self.printable(String(decoding: body.prefix(200), as: UTF8.self))
    }

    /// At most 500 characters, none of which can move a terminal's cursor.
    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(500).map { scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
