import Pickle
import Tensors

/// A piece of TorchScript's text.
enum ScriptToken: Equatable {
    case name(String)
    case number(String)
    case text(String)
    /// Brackets, commas, dots and the like; arrows and comparisons are one each.
    case mark(String)
}

/// One logical line: brackets may span several lines of text.
struct ScriptLine {
    var number: Int
    var indent: Int
    var tokens: [ScriptToken]
}

/// Takes TorchScript's text apart. It is what PyTorch prints, a small part of Python.
enum ScriptLexer {
    private static let longestLine = 1 << 20
    private static let mostBrackets = 200

    static func lines(_ text: [UInt8], _ file: String) throws(TorchError) -> [ScriptLine] {
        var lines: [ScriptLine] = []
        var place = 0
        var number = 1
        while place < text.count {
            var indent = 0
            while place < text.count, text[place] == UInt8(ascii: " ") { (indent, place) = (indent + 1, place + 1) }
            let begun = number
            let tokens = try line(text, &place, &number, file)
            if !tokens.isEmpty { lines.append(ScriptLine(number: begun, indent: indent, tokens: tokens)) }
        }
        return lines
    }

    private static func line(
        _ text: [UInt8], _ place: inout Int, _ number: inout Int, _ file: String
    ) throws(TorchError) -> [ScriptToken] {
        var tokens: [ScriptToken] = []
        var depth = 0
        while place < text.count {
            let byte = text[place]
            if byte == UInt8(ascii: "\n") {
                (place, number) = (place + 1, number + 1)
                if depth == 0 { return tokens }
                continue
            }
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t") {
                place += 1
                continue
            }
            if byte == UInt8(ascii: "#") {
                while place < text.count, text[place] != UInt8(ascii: "\n") { place += 1 }
                continue
            }
            let token = try token(text, &place, file, number)
            if case .mark(let mark) = token {
                if "([{".contains(mark) { depth += 1 }
                if ")]}".contains(mark) { depth -= 1 }
            }
            tokens.append(token)
            guard depth <= mostBrackets, tokens.count <= longestLine else {
                throw .limit("\(file), line \(number): too long, or too many brackets within each other")
            }
        }
        return tokens
    }

    private static func isName(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_") || isDigit(byte)
            || byte >= 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func token(
        _ text: [UInt8], _ place: inout Int, _ file: String, _ line: Int
    ) throws(TorchError) -> ScriptToken {
        let start = place
        let byte = text[place]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            return .text(try string(text, &place, file, line))
        }
        let next = place + 1 < text.count ? text[place + 1] : 0
        if isDigit(byte) || byte == UInt8(ascii: ".") && isDigit(next) {
            while place < text.count {
                let byte = text[place]
                let follows = place > start ? text[place - 1] | 0x20 == UInt8(ascii: "e") : false
                guard
                    isName(byte) || byte == UInt8(ascii: ".")
                        || follows && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
                else { break }
                place += 1
            }
            return .number(String(decoding: text[start..<place], as: UTF8.self))
        }
        if isName(byte) {
            while place < text.count, isName(text[place]) { place += 1 }
            return .name(String(decoding: text[start..<place], as: UTF8.self))
        }
        for mark in ["->", "==", "!=", "<=", ">="] where text[start...].starts(with: mark.utf8) {
            place += 2
            return .mark(mark)
        }
        guard "()[]{},.:=-+*/<>@".utf8.contains(byte) else {
            throw .damaged("\(file), line \(line): a character that TorchScript does not have")
        }
        place += 1
        return .mark(String(decoding: [byte], as: UTF8.self))
    }

    private static func string(
        _ text: [UInt8], _ place: inout Int, _ file: String, _ line: Int
    ) throws(TorchError) -> String {
        let quote = text[place]
        var bytes: [UInt8] = []
        place += 1
        while place < text.count, text[place] != quote {
            if text[place] == UInt8(ascii: "\\"), place + 1 < text.count { place += 1 }
            guard text[place] != UInt8(ascii: "\n") else { break }
            bytes.append(text[place])
            place += 1
        }
        guard place < text.count, text[place] == quote else {
            throw .damaged("\(file), line \(line): a text without an end")
        }
        place += 1
        return String(decoding: bytes, as: UTF8.self)
    }
}
