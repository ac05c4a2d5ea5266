/// A version as people write it: `digits:3`.
///
/// Here a label beside a digest, in states that outlive the registry's grammar: whether such a model and version exist
/// is the registry's question, and was answered when the digest was looked up.
package struct VersionReference: Hashable, Sendable, CustomStringConvertible {
    package let model: String
    /// From 1.
    package let number: Int

    /// - Throws: `ReleaseError.Code.invalid` when `model` does not follow the grammar of `EndpointName`, or `number` is
    ///   below 1.
    package init(model: String, number: Int) throws(ReleaseError) {
        try NameGrammar.check(model, of: "model")
        guard number >= 1 else {
            throw ReleaseError(.invalid, "versions of '\(model)' are numbered from 1, found \(number)")
        }
        self.model = model
        self.number = number
    }

    /// Reads `MODEL:NUMBER`; the number in decimal digits without sign or leading zero.
    ///
    /// - Throws: `ReleaseError.Code.invalid`.
    package init(_ text: String) throws(ReleaseError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw ReleaseError(
                .invalid, "expected a version as MODEL:NUMBER, found \(parts.count - 1) colons", help: Self.help)
        }
        let digits = parts[1].utf8
        guard let first = digits.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(parts[1])
        else {
            throw ReleaseError(
                .invalid, "expected a version number after the colon, a whole number from 1", help: Self.help)
        }
        try self.init(model: String(parts[0]), number: number)
    }

    private static let help = "write it like digits:3"

    package var description: String { "\(model):\(number)" }
}
