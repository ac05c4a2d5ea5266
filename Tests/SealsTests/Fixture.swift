import Foundation
import Tensors

@testable import Seals

/// Files beside the tests; `make.py` there says how they came about.
enum Fixture {
    static let folder = (#filePath as NSString).deletingLastPathComponent + "/Fixtures"

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func key(_ curve: String = "p256") throws -> VerifyingKey {
        try VerifyingKey(pem: text("\(curve).pub"), in: curve)
    }

    static func secret(_ curve: String = "p256") throws -> SigningKey {
        try SigningKey(pem: text("\(curve).pem"), in: curve)
    }
}

/// A folder that goes when the test ends.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "seals-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    }
}

extension JSONValue {
    /// The value with another one at a path of keys and indices; `nil` takes the member away.
    func with(_ path: [String], _ value: JSONValue?) -> JSONValue {
        guard let key = path.first else { return value ?? .null }
        let rest = Array(path.dropFirst())
        switch self {
        case .object(var members):
            if rest.isEmpty, value == nil { return .object(members.filter { $0.key != key }) }
            if let index = members.firstIndex(where: { $0.key == key }) {
                members[index].value = members[index].value.with(rest, value)
            } else {
                members.append(Member(key: key, value: JSONValue.null.with(rest, value)))
            }
            return .object(members)
        case .array(var elements):
            guard let index = Int(key), elements.indices.contains(index) else { return self }
            elements[index] = elements[index].with(rest, value)
            return .array(elements)
        default: return value ?? .null
        }
    }
}
