/// The fields of a header, as they were sent, in one piece of memory.
struct HeaderFields: Equatable {
    private struct Field: Equatable {
        var start: Int
        var name: Int
        var value: Int
    }

    /// Names and values, one after the other.
    var bytes: [UInt8] = []
    /// Where each field's name begins and ends, and its value ends.
    private var fields: [Field] = []

    var count: Int { fields.count }

    /// The field whose name ends there is complete.
    mutating func end(name: Int) {
        fields.append(Field(start: fields.last?.value ?? 0, name: name, value: bytes.count))
    }

    func name(_ index: Int) -> ArraySlice<UInt8> { bytes[fields[index].start..<fields[index].name] }
    func value(_ index: Int) -> ArraySlice<UInt8> { bytes[fields[index].name..<fields[index].value] }

    func nameText(_ index: Int) -> String { String(decoding: name(index), as: UTF8.self) }
    func valueText(_ index: Int) -> String { String(decoding: value(index), as: UTF8.self) }

    /// Whether a field has exactly this name.
    func index(_ index: Int, isNamed name: StaticString) -> Bool {
        self.name(index).isExactly(name)
    }

    /// The value of the first field with this name, the case of whose letters does not matter.
    func first(_ name: String) -> String? {
        fields.indices.first { index in
            self.name(index).count == name.utf8.count
                && zip(self.name(index), name.utf8).allSatisfy { ASCII.lowered($0) == ASCII.lowered($1) }
        }.map(valueText)
    }
}

// MARK: - Requests

extension HeaderFields {
    /// What is wrong with a request's header, beyond what gRPC makes of it.
    struct Malformed: Error {}

    /// Checks a request's header.
    ///
    /// - Returns: the bytes of its body, if it says how many there are.
    /// - Throws: `Malformed`, which ends its stream.
    ///
    /// Source: RFC 9113 sections 8.1.1, 8.2 and 8.3. Blanks around a value are taken: gRPC lets clients send them.
    func checkRequest() throws(Malformed) -> Int? {
        var (seen, hasRegular, length): (UInt8, Bool, Int?) = (0, false, nil)
        for index in 0..<count {
            try checkValue(index)
            guard name(index).first == UInt8(ascii: ":") else {
                hasRegular = true
                if let found = try checkRegular(index) {
                    guard length == nil || length == found else { throw Malformed() }
                    length = found
                }
                continue
            }
            guard !hasRegular, let bit = pseudoBit(index), seen & bit == 0 else { throw Malformed() }
            seen |= bit
        }
        guard seen & Self.neededBits == Self.neededBits else { throw Malformed() }
        return length
    }

    /// Checks the header that ends a request.
    func checkTrailers() throws(Malformed) {
        for index in 0..<count {
            try checkValue(index)
            _ = try checkRegular(index)
        }
    }

    private static let neededBits: UInt8 = 7

    /// A bit for each of the four names with a colon; `nil` for others, and for a value that may not be.
    private func pseudoBit(_ index: Int) -> UInt8? {
        if self.index(index, isNamed: ":authority") { return 8 }
        guard !value(index).isEmpty else { return nil }
        if self.index(index, isNamed: ":method") { return 1 }
        if self.index(index, isNamed: ":scheme") { return 2 }
        return self.index(index, isNamed: ":path") ? 4 : nil
    }

    private func checkValue(_ index: Int) throws(Malformed) {
        guard value(index).allSatisfy({ $0 != 0 && $0 != 0x0A && $0 != 0x0D }) else { throw Malformed() }
    }

    /// - Returns: the value of `content-length`.
    private func checkRegular(_ index: Int) throws(Malformed) -> Int? {
        let name = name(index)
        guard !name.isEmpty, name.allSatisfy(Self.isOfName) else { throw Malformed() }
        switch name.count {
        case 2 where self.index(index, isNamed: "te"):
            guard ASCII.equals(value(index), "trailers") else { throw Malformed() }
        case 7 where self.index(index, isNamed: "upgrade"), 10 where self.index(index, isNamed: "connection"),
            10 where self.index(index, isNamed: "keep-alive"), 16 where self.index(index, isNamed: "proxy-connection"),
            17 where self.index(index, isNamed: "transfer-encoding"):
            throw Malformed()
        case 14 where self.index(index, isNamed: "content-length"):
            guard let length = ASCII.digits(value(index)) else { throw Malformed() }
            return length
        default: break
        }
        return nil
    }

    /// Whether a name may have this byte: lowercase tokens. Source: RFC 9110 section 5.6.2.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"),
            UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes are those of `text`.
    func isExactly(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
