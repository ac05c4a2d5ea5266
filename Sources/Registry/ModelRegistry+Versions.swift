package import Home
import Tensors
import Trust

extension HomeReading {
    /// The version that a reference names.
    ///
    /// - Throws: `RegistryError.Code.notFound` or `.ambiguous`; the help lists what there is.
    package func resolve(_ reference: Reference) throws -> VersionRecord {
        let model = reference.model
        try requireModel(model)
        switch reference.selector {
        case .unspecified: return try resolveBare(model)
        case .number(let number):
            guard let row = try version(of: model.description, number: number.value), row.deletedAt == nil else {
                throw RegistryError(
                    .notFound, "model '\(model)' has no version \(number)", help: try choices(of: model))
            }
            return try VersionRecord(row)
        case .alias(let name):
            guard let alias = try alias(name.description, of: model.description) else {
                throw RegistryError(
                    .notFound, "model '\(model)' has no alias '\(name)'", help: try choices(of: model, near: name))
            }
            return try resolve(Reference(model: model, selector: .number(try VersionNumber(alias.number))))
        case .digest(let digest):
            guard let row = try version(of: model.description, digest: digest.description), row.deletedAt == nil else {
                throw RegistryError(
                    .notFound, "model '\(model)' has no version with the digest \(digest)", help: try choices(of: model)
                )
            }
            return try VersionRecord(row)
        }
    }

    /// - Throws: `RegistryError.Code.notFound`, with the nearest name that there is.
    func requireModel(_ model: ModelName) throws {
        if try hasModel(model.description) { return }
        let names = try models().items.map(\.name)
        let help =
            names.isEmpty
            ? "nothing is registered yet: start with 'slipway import FILE'"
            : Suggestion.nearest(to: model.description, among: names).map { "did you mean '\($0)'?" }
                ?? "there are \(Suggestion.list(names))"
        throw RegistryError(.notFound, "there is no model '\(model)'", help: help)
    }

    private func resolveBare(_ model: ModelName) throws -> VersionRecord {
        let rows = try versions(of: model.description, limit: 2).items
        if rows.count == 1, let only = rows.first { return try VersionRecord(only) }
        if try alias(AliasName.production.description, of: model.description) != nil {
            return try resolve(Reference(model: model, selector: .alias(.production)))
        }
        if rows.isEmpty {
            throw RegistryError(
                .notFound, "all versions of model '\(model)' have been removed",
                help: "import one with 'slipway import'")
        }
        throw RegistryError(
            .ambiguous, "'\(model)' alone could mean several versions, and there is no '\(model)@prod'",
            help: try choices(of: model))
    }

    /// What a model's versions can be named by, newest and aliases first.
    private func choices(of model: ModelName, near name: AliasName? = nil) throws -> String {
        let aliases = try aliases(of: model.description).map(\.name)
        if let name, let near = Suggestion.nearest(to: name.description, among: aliases) {
            return "did you mean '\(model)@\(near)'?"
        }
        let numbers = try versions(of: model.description, limit: 6).items.map { "\(model):\($0.number)" }
        let all = aliases.prefix(5).map { "\(model)@\($0)" } + numbers
        return all.isEmpty ? "all its versions have been removed" : "there are \(Suggestion.list(all))"
    }
}

extension Transaction {
    /// Records a version whose blobs are stored, unless the model has it.
    func add(_ new: NewVersion, provenance: JSONValue?) throws -> ModelRegistry.Addition {
        if let row = try version(of: new.model, digest: new.manifestDigest) {
            if row.deletedAt == nil { return ModelRegistry.Addition(record: try VersionRecord(row), outcome: .present) }
            try setRemoved(false, model: row.model, number: row.number)
            if row.reapedAt != nil { try attach(provenance, to: new.manifestDigest) }
            let record = try VersionRecord(version(of: row.model, number: row.number) ?? row)
            return ModelRegistry.Addition(record: record, outcome: .restored)
        }
        let record = try VersionRecord(insert(new))
        try attach(provenance, to: new.manifestDigest)
        return ModelRegistry.Addition(record: record, outcome: .added)
    }

    private func attach(_ provenance: JSONValue?, to digest: String) throws {
        guard let provenance else { return }
        try attachReferrer(
            to: digest, kind: ReferrerKind.provenance.rawValue, name: "", payload: provenance.encodedString())
    }

    /// Removes a version; see `ModelRegistry.remove`.
    @discardableResult
    package func remove(_ reference: Reference, force: Bool) throws -> VersionRecord {
        let record = try resolve(reference)
        let (model, number) = (record.model.description, record.number.value)
        let aliases = try aliases(of: model).filter { $0.number == number }.map(\.name)
        if !force {
            try requireUnused(record, aliases: aliases)
        }
        for alias in aliases { try setAlias(alias, of: model, to: nil, note: "version \(number) was removed") }
        try setRemoved(true, model: model, number: number)
        return record
    }

    private func requireUnused(_ record: VersionRecord, aliases: [String]) throws {
        let isElsewhere = try versions(withDigest: record.digest.description)
            .contains { $0.deletedAt == nil && $0.model != record.model.description }
        let uses = isElsewhere ? [] : try uses(ofDigest: record.digest.description)
        let reasons =
            uses.map { "endpoint '\($0.endpoint)' (\($0.standing.rawValue) revision \($0.revision))" }
            + aliases.map { "the alias '\(record.model)@\($0)'" }
        guard !reasons.isEmpty else { return }
        throw RegistryError(
            .conflict, "version '\(record.reference)' is needed by \(reasons.joined(separator: ", "))",
            help: "undeploy it or move the alias first, or remove it anyway with --force")
    }
}
