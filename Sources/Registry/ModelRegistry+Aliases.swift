package import Home
import Seals
import Trust

/// What an alias has to name for a change to happen.
package enum AliasExpectation: Hashable, Sendable {
    /// Anything or nothing.
    case any
    /// Nothing: the alias is to be new.
    case absent
    case version(VersionNumber)
}

extension ModelRegistry {
    /// The aliases of a model by name.
    ///
    /// - Throws: `RegistryError.Code.notFound` for a model that never was.
    package func aliases(of model: ModelName) throws -> [AliasRow] {
        try database.read { snapshot in
            try snapshot.requireModel(model)
            return try snapshot.aliases(of: model.description)
        }
    }

    /// The moves of an alias, or of all aliases of a model, newest first.
    package func aliasHistory(of model: ModelName, alias: AliasName? = nil, limit: Int = 1000) throws -> [AliasChange] {
        try database.read { snapshot in
            try snapshot.requireModel(model)
            return try snapshot.aliasHistory(of: model.description, name: alias?.description, limit: limit)
        }
    }

    /// Points an alias at the version that a reference names.
    ///
    /// - Parameters:
    ///   - expected: what it has to name before, so that of several who move it at once only one does.
    ///   - allowsOlder: where seals are asked for, also to a version that is older than the one it names; that is noted.
    /// - Returns: the version that it names now.
    /// - Throws: `RegistryError.Code.conflict` when it names something else than expected; `SealError.Code.required` and
    ///   `.older` where seals are asked for.
    @discardableResult
    package func setAlias(
        _ alias: AliasName, to reference: Reference, expecting expected: AliasExpectation = .any, note: String = "",
        allowsOlder: Bool = false
    ) throws -> VersionRecord {
        try database.write {
            try $0.setAlias(alias, to: reference, expecting: expected, note: note, allowsOlder: allowsOlder)
        }
    }

    /// Takes an alias away.
    ///
    /// - Throws: `RegistryError.Code.notFound` when there is none, `.conflict` when it names something else than expected.
    package func removeAlias(
        _ alias: AliasName, of model: ModelName, expecting expected: AliasExpectation = .any, note: String = ""
    ) throws {
        try database.write { transaction in
            _ = try transaction.resolve(Reference(model: model, selector: .alias(alias)))
            try transaction.require(expected, of: alias, of: model)
            try transaction.setAlias(alias.description, of: model.description, to: nil, note: note)
        }
    }
}

extension Transaction {
    /// Points an alias at a version; see `ModelRegistry.setAlias`.
    @discardableResult
    package func setAlias(
        _ alias: AliasName, to reference: Reference, expecting expected: AliasExpectation = .any, note: String = "",
        allowsOlder: Bool = false
    ) throws -> VersionRecord {
        let record = try resolve(reference)
        let model = record.model.description
        try require(expected, of: alias, of: record.model)
        let remark = try requireSeal(of: record, as: alias, allowsOlder: allowsOlder)
        try setAlias(
            alias.description, of: model, to: record.number.value,
            note: [note, remark].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "; "))
        return record
    }

    /// - Returns: what is to be noted.
    private func requireSeal(of record: VersionRecord, as alias: AliasName, allowsOlder: Bool) throws -> String? {
        guard let policy = try sealPolicy() else { return nil }
        let model = record.model.description
        // An alias that was taken away and comes back has named something, too.
        let number =
            try self.alias(alias.description, of: model)?.number
            ?? aliasHistory(of: model, name: alias.description, limit: 1).first?.previous
        let present = try number.flatMap { try version(of: model, number: $0) }
        return try require(
            policy,
            for: Succession(
                next: Succession.Member(model: model, number: record.number.value, digest: record.digest),
                present: try present.map {
                    Succession.Member(model: model, number: $0.number, digest: try Digest($0.manifestDigest))
                }), allowsOlder: allowsOlder)
    }

    /// - Throws: `RegistryError.Code.conflict` when the alias names something else than expected.
    fileprivate func require(_ expected: AliasExpectation, of alias: AliasName, of model: ModelName) throws {
        let current = try self.alias(alias.description, of: model.description)?.number
        let isExpected =
            switch expected {
            case .any: true
            case .absent: current == nil
            case .version(let number): current == number.value
            }
        guard isExpected else {
            let found = current.map { "it names '\(model):\($0)'" } ?? "there is no such alias"
            throw RegistryError(
                .conflict, "alias '\(model)@\(alias)' is not what the change expects: \(found)",
                help: "look at 'slipway alias \(model)' and decide again")
        }
    }
}
