package import Home
package import Seals
import Tensors
package import Trust

/// A seal of a version that holds.
package struct VersionSeal: Hashable, Sendable {
    package let statement: SealStatement
    /// What the key is known by.
    package let keyHint: String
    /// When it was signed, by the signer's clock, in milliseconds since 1970.
    package let signedAt: Int
}

extension ReferrerKind {
    /// A signature of the version; its name is the hint of the key, its document a Sigstore bundle.
    package static let seal = ReferrerKind(rawValue: "seal")
}

extension HomeReading {
    /// More seals of one version are not looked at.
    private static var mostSeals: Int { 100 }

    /// The newest seal of a version that one of the keys made and that holds.
    ///
    /// The signature stands for the manifest's digest, and so for every byte of the version.
    ///
    /// - Parameter name: what people call the version, for messages.
    /// - Throws: `SealError.Code.required` without one, saying what is wrong with those that there are.
    package func seal(of digest: Digest, called name: String, by keys: [VerifyingKey]) throws -> VersionSeal {
        let rows = try referrers(
            of: digest.description, kind: ReferrerKind.seal.rawValue, limit: Self.mostSeals)
        var newest: VersionSeal?
        var fault: SealError?
        for row in rows {
            do throws(SealError) {
                let seal = try VersionSeal(bundle: row.payload, of: digest, by: keys)
                if newest.map({ $0.signedAt < seal.signedAt }) ?? true { newest = seal }
            } catch {
                fault = fault ?? error
            }
        }
        if let newest { return newest }
        let hints = keys.map { "\($0.hint.prefix(12))…" }.joined(separator: " or ")
        throw SealError(
            .required,
            fault.map { "'\(name)' has no seal of the key \(hints) that holds: \($0.message)" }
                ?? "'\(name)' has no seal, and one of the key \(hints) is required",
            help: "whoever has the key signs it with: slipway sign \(name) --key KEY.pem")
    }
}

extension VersionSeal {
    /// Reads a seal and checks it.
    ///
    /// - Throws: `SealError`, saying why it does not hold.
    init(bundle text: String, of digest: Digest, by keys: [VerifyingKey]) throws(SealError) {
        let bundle = try SealBundle(parsing: Array(text.utf8))
        guard let key = keys.first(where: { bundle.names($0) }) ?? keys.first else {
            throw SealError(.key, "no key is given that seals could be checked with")
        }
        let statement = try bundle.verify(with: key)
        guard let version = statement.version else {
            throw SealError(
                .mismatch, "it was made of files, and does not say of which version",
                help: "sign the version itself: slipway sign NAME:VERSION --key KEY.pem")
        }
        guard version.manifest == digest else {
            throw SealError(
                .mismatch, "it is the seal of another version, '\(statement.name.prefix(80))', \(version.manifest)",
                help: "have this version signed")
        }
        self.init(statement: statement, keyHint: key.hint, signedAt: version.signedAt)
    }
}

extension ModelRegistry {
    /// What is signed of a version: its files as they are called in its package, and the digest of its manifest, which
    /// stands for their roles and everything else about it.
    ///
    /// - Parameter signedAt: in milliseconds since 1970.
    /// - Throws: `RegistryError.Code.damaged` when the manifest is missing or altered.
    package func statement(of record: VersionRecord, signedAt: Int) throws(RegistryError) -> SealStatement {
        SealStatement(
            name: record.reference.description, resources: try sealedFiles(of: record.digest),
            version: SealStatement.Version(manifest: record.digest, signedAt: signedAt))
    }

    private func sealedFiles(of digest: Digest) throws(RegistryError) -> [SealStatement.Resource] {
        try manifest(digest).layers.map { SealStatement.Resource(name: $0.path, digest: $0.blob.digest) }
    }

    /// Signs a version, all of whose bytes are compared with their digests first, and attaches the seal to it.
    ///
    /// - Throws: `RegistryError.Code.damaged` for a version that is not what was stored, `SealError` when it cannot be
    ///   signed.
    @discardableResult
    package func sign(_ record: VersionRecord, with key: SigningKey, at time: Int) throws -> SealBundle {
        try verify(record.digest)
        let bundle = try SealBundle.sign(try statement(of: record, signedAt: time), with: key)
        try attach(bundle.json, kind: .seal, name: key.verifyingKey.hint, to: record.digest)
        return bundle
    }

    /// The newest seal of a version by one of the keys. That the stored bytes are those that were signed is for
    /// `verify(_:)` to say, and for whoever loads them.
    ///
    /// - Throws: `SealError.Code.required` without one that holds, `.mismatch` for one whose files are others than the
    ///   manifest's.
    package func seal(of digest: Digest, called name: String, by keys: [VerifyingKey]) throws -> VersionSeal {
        let seal = try database.read { try $0.seal(of: digest, called: name, by: keys) }
        try seal.statement.require(try sealedFiles(of: digest), in: "'\(name)'")
        return seal
    }
}
