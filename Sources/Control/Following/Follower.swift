import Home
package import Registry
import Release
import Seals
import Tensors
import Trust
import Workshop

/// Has one endpoint follow what its entry says: looks, imports, submits, and tells of each.
///
/// `look()` is one step; whoever owns it decides when the next one comes. What is known lies in the home and is written with
/// what is done in one transaction, so that a process may be killed anywhere.
package actor Follower {
    /// Makes a version of an open file: the path and how people know it.
    package typealias Bring = @Sendable (_ path: String, _ shown: String) async throws -> (VersionRecord, isNew: Bool)
    /// Why a version does not pass its gate; `nil` where it does.
    package typealias Judge = @Sendable (VersionRecord) async throws -> String?

    package nonisolated let entry: EndpointList.Entry
    private let following: Following
    private let deployments: Deployments
    private let bring: Bring
    private let judge: Judge
    private let tell: @Sendable (FollowNotice) -> Void
    private let say: @Sendable (String) -> Void
    private var tracker = FolderTracker()
    private var troubles = FolderTracker()
    /// What was said last of what it waits for, or of what is the matter: said once.
    private var said: String?
    /// Looks until something that failed for a passing reason is tried again.
    private var rest = 0
    /// What was known after the last look, and what happened last; `nil` before the first.
    private var known: FollowState?
    private var latest: (time: Timestamp, text: String)?

    private static let longRest = 30

    /// - Parameters:
    ///   - bring: imports a file as `FollowedFolder` says.
    ///   - tell: hears each thing that happened, after it is on the disk.
    ///   - say: hears in words what it waits for, or what keeps it from looking.
    /// - Returns: `nil` for an entry that follows nothing.
    package init?(
        _ entry: EndpointList.Entry, _ deployments: Deployments, bring: @escaping Bring, judge: @escaping Judge,
        tell: @escaping @Sendable (FollowNotice) -> Void, say: @escaping @Sendable (String) -> Void
    ) {
        guard let following = entry.following else { return nil }
        (self.entry, self.following, self.deployments) = (entry, following, deployments)
        (self.bring, self.judge, self.tell, self.say) = (bring, judge, tell, say)
    }

    private var endpoint: EndpointName { entry.endpoint }
    private var database: HomeDatabase { deployments.registry.database }

    /// Looks once, and does what is to be done.
    package func look() async {
        do {
            try await step()
        } catch is CancellationError {
            return
        } catch {
            guard !Task.isCancelled else { return }
            sayOnce("\(endpoint): \(Self.text(error))")
        }
    }

    /// How it stands, for people and programs.
    package var standing: FollowStanding {
        FollowStanding(
            endpoint: endpoint.text, source: following.description,
            strategy: entry.rollout?.strategy.name.rawValue ?? "all-at-once", waiting: known?.waiting?.version,
            running: known?.running?.wanted.version, revision: known?.running?.revision, hasLooked: known != nil,
            remark: said.map { $0.hasPrefix("\(endpoint): ") ? String($0.dropFirst(endpoint.text.count + 2)) : $0 },
            latest: latest)
    }

    private func sayOnce(_ text: String?) {
        if let text, text != said { say(text) }
        said = text
    }

    private func step() async throws {
        let text = try database.read { try $0.followText(endpoint) }
        let kept = try text.flatMap { try FollowState(json: JSONValue.parse(Array($0.utf8))) }
        var state = kept?.following(following.description) ?? FollowState(source: following.description)
        var notices: [FollowNotice] = []
        var complaint = try await lookAround(&state, &notices)
        let (next, more) = state.look(try view(of: state))
        notices += more
        switch next {
        case .submit(let wanted):
            if let waiting = try submit(wanted, &state, before: text, &notices) { complaint = complaint ?? waiting }
        case .wait(let reason): complaint = complaint ?? "\(endpoint): waits: \(reason)"
        case .none: break
        }
        sayOnce(complaint)
        defer { known = state }
        guard state != kept || !notices.isEmpty else { return }
        // Someone else's word is not overwritten: what was submitted is kept already.
        if try database.read({ try $0.followText(endpoint) }) != state.json.encodedString() {
            try database.write { try $0.keep(state, of: endpoint, before: text, telling: notices) }
        }
        if let last = notices.last { latest = (.now(), last.text) }
        notices.forEach(tell)
    }

    // MARK: - What appeared

    /// - Returns: what is the matter, for people.
    private func lookAround(_ state: inout FollowState, _ notices: inout [FollowNotice]) async throws -> String? {
        switch following.source {
        case .alias(let model, let name):
            try await look(at: Reference(model: model, selector: .alias(name)), &state, &notices)
        case .folder(let folder): try await look(into: folder, &state, &notices)
        }
    }

    private func look(
        at alias: Reference, _ state: inout FollowState, _ notices: inout [FollowNotice]
    ) async throws -> String? {
        let record: VersionRecord
        do {
            record = try deployments.registry.resolve(alias)
        } catch let error as RegistryError where error.code == .notFound {
            return "\(endpoint): \(alias) names nothing yet"
        }
        guard record.digest.description != state.seen else { return nil }
        guard rest == 0 else {
            rest -= 1
            return said
        }
        do {
            try await offer(record, &state, &notices)
        } catch let error where Self.isPassing(error) {
            if Task.isCancelled { throw CancellationError() }
            rest = Self.longRest
            return "\(endpoint): \(record.reference) waits: \(Self.text(error))"
        }
        state.seen = record.digest.description
        return nil
    }

    private func look(
        into folder: FollowedFolder, _ state: inout FollowState, _ notices: inout [FollowNotice]
    ) async throws -> String? {
        // A network's file system may take its time.
        guard let look = try await Blocking.run({ try FolderLook(folder.path) }) else {
            return "\(endpoint): '\(folder.path)' cannot be read; what is served stays"
        }
        let present = Set(look.items.map(\.name)).union(look.refusals.map(\.name))
        state.taken = state.taken.filter { present.contains($0.key) }
        let refused = look.refusals.map { FolderLook.Item(name: $0.name, stamp: $0.stamp, modified: 0) }
        for item in troubles.whole(refused, taken: state.taken) {
            let reason = look.refusals.first { $0.name == item.name }?.reason ?? ""
            notices.append(.refused(item.name, reason))
            state.taken[item.name] = item.stamp
        }
        let whole = tracker.whole(look.items, taken: state.taken).filter { !isBeingWritten($0, in: folder.path) }
        guard let newest = whole.first else { return nil }
        guard rest == 0 else {
            rest -= 1
            return said
        }
        for older in whole.dropFirst() {
            notices.append(.skipped(older.shown, "\(newest.shown) is newer"))
            state.taken[older.name] = older.stamp
        }
        return try await take(newest, of: folder, &state, &notices)
    }

    private func isBeingWritten(_ item: FolderLook.Item, in path: String) -> Bool {
        guard let folder = OpenFolder(path) else { return true }
        guard item.file != nil else { return folder.isBeingWritten(item.name) }
        guard let inner = folder.folder(item.name), let names = inner.names(atMost: 1000) else { return true }
        return names.contains { inner.isBeingWritten($0) }
    }

    /// Makes a version of a file, and offers it.
    ///
    /// - Returns: why it will be tried again.
    private func take(
        _ item: FolderLook.Item, of folder: FollowedFolder, _ state: inout FollowState,
        _ notices: inout [FollowNotice]
    ) async throws -> String? {
        let shown = "\(folder.path)/\(item.shown)"
        do {
            guard let (record, isNew) = try await brought(item, shown, from: folder.path) else { return nil }
            // What is tried again is told once.
            var told = [FollowNotice.imported("\(record.reference)", from: item.shown, isNew: isNew)]
            try await offer(record, &state, &told)
            notices += told
        } catch let error where Self.isPassing(error) {
            if Task.isCancelled { throw CancellationError() }
            rest = Self.longRest
            return "\(endpoint): \(item.shown) waits: \(Self.text(error))"
        } catch {
            // An import that was interrupted says nothing about the file.
            if Task.isCancelled { throw CancellationError() }
            notices.append(.refused(item.shown, Self.text(error)))
        }
        state.taken[item.name] = item.stamp
        return nil
    }

    /// - Returns: `nil` when it is gone again.
    private func brought(
        _ item: FolderLook.Item, _ shown: String, from path: String
    ) async throws -> (VersionRecord, isNew: Bool)? {
        // The path goes through the open folder, whatever takes its name meanwhile; the last part is opened without links.
        guard let place = Self.place(of: item, in: path) else { return nil }
        let found = try await bring("/proc/self/fd/\(place.descriptor)/\(item.file ?? item.name)", shown)
        _ = consume place
        return found
    }

    private static func place(of item: FolderLook.Item, in path: String) -> OpenFolder? {
        guard let folder = OpenFolder(path) else { return nil }
        if item.file == nil { return folder }
        return folder.folder(item.name)
    }

    private func offer(
        _ record: VersionRecord, _ state: inout FollowState, _ notices: inout [FollowNotice]
    ) async throws {
        let wanted = FollowState.Wanted(version: "\(record.reference)", digest: "\(record.digest)")
        let stable = try deployments.recentHistory(of: endpoint).current?.spec.stable?.digest
        notices += state.offer(wanted, stable: stable)
        guard state.waiting == wanted, following.gate != nil else { return }
        do {
            if let reason = try await judge(record) { notices.append(state.refuse(wanted, because: reason)) }
        } catch let error as WorkshopError where !Self.isPassing(error) {
            if Task.isCancelled { throw CancellationError() }
            notices.append(state.refuse(wanted, because: error.description))
        }
    }

    // MARK: - What is done

    private func view(of state: FollowState) throws -> FollowState.View {
        let history = try deployments.recentHistory(of: endpoint)
        var view = FollowState.View(stable: history.current?.spec.stable?.digest)
        view.isPending = history.entries.last?.outcome == .pending
        if let running = state.running {
            view.progress = try deployments.progress(
                of: endpoint, revision: running.revision, digest: running.wanted.digest, isRollout: running.isRollout)
        }
        if let rollout = try deployments.latestRollout(of: endpoint), !rollout.isOver {
            (view.rolling, view.rolledBy) = (rollout.digest, rollout.revision)
        }
        return view
    }

    /// Writes the revision and what is known in one transaction.
    ///
    /// - Returns: what it waits for, where it cannot be now.
    private func submit(
        _ wanted: FollowState.Wanted, _ state: inout FollowState, before: String?, _ notices: inout [FollowNotice]
    ) throws -> String? {
        do {
            let candidate = try deployments.candidate(Reference(wanted.version))
            guard candidate.digest == wanted.digest else {
                throw RegistryError(.conflict, "it is another version than it was")
            }
            let request = try entry.request(candidate, deployments)
            let isRollout = request.canBeRolledOut
            var next = state
            var told = notices
            let (_, revision) = try deployments.submit(
                request, for: endpoint, author: "follow", note: "follows \(following.description)",
                rollout: isRollout ? entry.rollout : nil
            ) { transaction, revision in
                told.append(next.submitted(wanted, revision: revision.number, isRollout: isRollout))
                try transaction.keep(next, of: endpoint, before: before, telling: told)
            }
            if revision == nil { told.append(next.submitted(wanted, revision: nil, isRollout: false)) }
            (state, notices) = (next, told)
            return nil
        } catch let error as ReleaseError where error.code == .conflict {
            return "\(endpoint): \(wanted.version) waits: \(error.message)"
        } catch let error as ReleaseError {
            notices.append(state.refuse(wanted, because: error.message))
        } catch let error as RegistryError {
            notices.append(state.refuse(wanted, because: error.message))
        } catch let error as SealError {
            notices.append(state.refuse(wanted, because: error.message))
        }
        return nil
    }

    // MARK: - Errors

    /// Whether a failure says something about the machine and nothing about the file.
    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as WorkshopError: error.code == .storage || error.code == .sandbox
        case let error as RegistryError: error.code == .full || error.code == .io
        case is HomeError: true
        default: false
        }
    }

    /// An error in words, with what to do about it.
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as WorkshopError: error.description
        case let error as RegistryError: error.message
        case let error as ReleaseError: error.message
        case let error as HomeError: error.message
        case let error as SealError: error.message
        case let error as ControlError: [error.message, error.help].compactMap(\.self).joined(separator: "; ")
        default: "\(error)"
        }
    }
}
