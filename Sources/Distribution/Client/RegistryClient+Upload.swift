package import Home
package import Registry
import Trust

extension RegistryClient {
    /// What became of a blob that the registry was to have.
    package enum Upload: String, Hashable, Sendable {
        /// It was there already.
        case present
        /// It was in another repository of the registry, which has linked it.
        case mounted
        case sent
    }

    /// Sees to it that the repository has a blob.
    ///
    /// - Parameters:
    ///   - path: where its bytes are.
    ///   - source: a repository of the same registry that may have it.
    ///   - home: where notes are kept of how far an upload has come.
    ///   - report: told how many of its bytes are there.
    /// - Throws: `DistributionError`. What has been sent is gone on with the next time, where the registry keeps it.
    package func upload(
        _ blob: Blob, at path: String, mountingFrom source: String? = nil, notes home: HomeDirectory,
        report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Upload {
        if try await has(blob) { return .present }
        let note = UploadNote(blob, to: place, in: home)
        var session = try await resumed(note)
        if session == nil, let source, source != place.repository {
            let begun = try await begin(mounting: blob, from: source)
            if begun == nil { return .mounted }
            session = begun
        }
        var failures = 0
        while true {
            var stood = session?.offset ?? 0
            do {
                var current = try await session.orBegun { try await begin() }
                stood = current.offset
                session = current
                try await send(blob, at: path, &current, note, report) { session = $0 }
                note.remove()
                return .sent
            } catch let error as DistributionError where error.isTransient {
                failures = (session?.offset ?? 0) > stood ? 1 : failures + 1
                try await rest(after: failures, error)
                if let known = session { session = try await status(known.address) }
                if session == nil { note.remove() }
            }
        }
    }

    /// Sees to it that the repository has a small blob.
    func upload(_ bytes: [UInt8]) async throws {
        let blob = Blob(digest: Digest(of: bytes), size: bytes.count)
        guard try await !has(blob) else { return }
        try await retrying("the upload of blob \(blob.digest.short)") {
            try await close(blob, try await begin(), .bytes(bytes))
        }
    }

    /// Whether the repository has a blob.
    package func has(_ blob: Blob) async throws -> Bool {
        let reply = try await retrying("the question for blob \(blob.digest.short)") {
            let reply = try await send(call("HEAD", "blobs/\(blob.digest)", writes: true))
            return (status: reply.status, size: reply.headers.integer("content-length"))
        }
        switch reply.status {
        case 200:
            guard let size = reply.size, size != blob.size else { return true }
            throw DistributionError(
                .damaged, "the registry has blob \(blob.digest) with \(size) bytes instead of \(blob.size)",
                help: "ask its owner to repair it")
        case 404: return false
        default: throw await failure(WireReply(status: reply.status), "the question for blob \(blob.digest)")
        }
    }

    /// An upload under way: where it goes on, and how much the registry has of it.
    private struct Session: Sendable {
        var address: WebAddress
        var offset = 0
        /// The least that a request but the last has to carry. Source: OCI Distribution Specification 1.1,
        /// "Pushing a blob in chunks".
        var least = 0
    }

    private func begin() async throws -> Session {
        try await retrying("the beginning of an upload") {
            let call = call("POST", "blobs/uploads/", writes: true)
            let reply = try await send(call)
            guard reply.status == 202 else { throw await failure(reply, "the beginning of an upload") }
            return try session(reply, from: call.address)
        }
    }

    /// Asks the registry to take a blob from another repository.
    ///
    /// - Returns: `nil` when it has; else the upload that it has begun instead.
    private func begin(mounting blob: Blob, from source: String) async throws -> Session? {
        try await retrying("the mounting of blob \(blob.digest.short)") {
            var call = call("POST", "blobs/uploads/", writes: true)
            call.scope.source = source
            let address = call.address.adding("mount", blob.digest.description).adding("from", source)
            call.address = address
            let reply = try await send(call)
            switch reply.status {
            case 201: return nil
            case 202: return try session(reply, from: address)
            default: throw await failure(reply, "the mounting of blob \(blob.digest.short)")
            }
        }
    }

    private func session(_ reply: WireReply, from address: WebAddress) throws(DistributionError) -> Session {
        var session = Session(address: try uploadAddress(reply, from: address))
        session.least = min(reply.headers.integer("oci-chunk-min-length") ?? 0, 1 << 30)
        return session
    }

    /// The upload that an earlier process has left, where the registry still knows it.
    private func resumed(_ note: UploadNote) async throws -> Session? {
        guard let address = note.read() else { return nil }
        guard place.registry.origin(plainHTTP: true).host == address.origin.host,
            let session = try await status(address)
        else {
            note.remove()
            return nil
        }
        return session
    }

    /// How far an upload has come; `nil` when the registry does not go on with it.
    private func status(_ address: WebAddress) async throws -> Session? {
        let reply: WireReply
        do {
            reply = try await retrying("the state of an upload") {
                var call = call("GET", "", writes: true)
                call.address = address
                let reply = try await send(call)
                return WireReply(status: reply.status, headers: reply.headers)
            }
        } catch let error as DistributionError where error.code == .unavailable {
            return nil
        }
        guard reply.status == 204, let count = Self.received(reply.headers["range"]) else { return nil }
        let next = try reply.headers["location"].map { _ in try uploadAddress(reply, from: address) }
        return Session(address: next ?? address, offset: count)
    }

    /// How many bytes `0-N` tells of. Registries say `0-0` of an upload that has none.
    static func received(_ range: String?) -> Int? {
        guard let parts = range?.trimmed.split(separator: "-", omittingEmptySubsequences: false), parts.count == 2,
            parts[0] == "0", parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts[1].utf8.count <= 18, let last = Int(parts[1])
        else { return nil }
        return last == 0 ? 0 : last + 1
    }

    private func send(
        _ blob: Blob, at path: String, _ session: inout Session, _ note: UploadNote,
        _ report: @escaping @Sendable (Int) -> Void, _ progress: (Session) -> Void
    ) async throws {
        let chunk = max(limits.chunk, session.least)
        guard session.offset <= blob.size else { throw Self.gap(blob, session.offset) }
        if session.offset == 0, blob.size <= chunk {
            return try await close(
                blob, session, .file(FileSlice(path: path, offset: 0, count: blob.size, sent: report)))
        }
        while session.offset < blob.size {
            let count = min(chunk, blob.size - session.offset)
            try await append(
                FileSlice(path: path, offset: session.offset, count: count, sent: report), to: &session, of: blob)
            progress(session)
            note.write(session.address)
            report(session.offset)
        }
        try await close(blob, session, .none)
    }

    private func append(_ slice: FileSlice, to session: inout Session, of blob: Blob) async throws {
        var call = call("PATCH", "", writes: true)
        call.address = session.address
        call.headers.set("Content-Type", "application/octet-stream")
        call.headers.set("Content-Range", "\(slice.offset)-\(slice.offset + slice.count - 1)")
        call.body = .file(slice)
        let reply = try await send(call)
        switch reply.status {
        case 202, 201, 204: break
        // It has another idea of where we are: it is asked.
        case 416: throw DistributionError.transient("the registry is elsewhere with blob \(blob.digest.short)")
        case 404:
            throw DistributionError.transient("the registry has forgotten the upload of blob \(blob.digest.short)")
        default: throw await failure(reply, "bytes of blob \(blob.digest)")
        }
        let sent = slice.offset + slice.count
        let received = reply.headers["range"].map { Self.received($0) } ?? sent
        guard let received, received > slice.offset, received <= sent else { throw Self.gap(blob, received ?? -1) }
        session.address = try uploadAddress(reply, from: session.address)
        session.offset = received
    }

    private func close(_ blob: Blob, _ session: Session, _ body: WireRequest.Body) async throws {
        var call = call("PUT", "", writes: true)
        call.address = session.address.adding("digest", blob.digest.description)
        call.headers.set("Content-Type", "application/octet-stream")
        call.body = body
        let reply = try await send(call)
        switch reply.status {
        case 201, 204: return
        case 404, 416:
            throw DistributionError.transient("the registry has forgotten the upload of blob \(blob.digest.short)")
        default: throw await failure(reply, "blob \(blob.digest)")
        }
    }

    private static func gap(_ blob: Blob, _ offset: Int) -> DistributionError {
        DistributionError(
            .damaged, "the registry tells a size of the upload of blob \(blob.digest) that cannot be: \(offset)")
    }
}

extension Optional where Wrapped: Sendable {
    /// The value, or what is made now.
    fileprivate func orBegun(_ make: () async throws -> Wrapped) async throws -> Wrapped {
        if let self { return self }
        return try await make()
    }
}
