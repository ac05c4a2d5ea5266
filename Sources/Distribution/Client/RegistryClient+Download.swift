import NIOCore
package import Registry
import Trust

extension RegistryClient {
    /// Fetches a blob into a partial file, going on where it ends; broken off, it is tried again from there.
    ///
    /// - Parameter report: told how many of its bytes are there.
    /// - Throws: `DistributionError.Code.damaged` when the bytes are not the promised ones; the file is emptied then.
    package func download(
        _ blob: Blob, into file: PartialFile, report: @Sendable (Int) -> Void = { _ in }
    ) async throws {
        var failures = 0
        var isSecondChance = file.count == 0
        while true {
            let before = file.count
            do {
                if file.count < blob.size { try await receive(blob, file, report) }
                try file.verify()
                return
            } catch let error as DistributionError where error.isTransient {
                failures = file.count - before >= limits.slowBytes ? 1 : failures + 1
                try await rest(after: failures, error)
            } catch let error as DistributionError where error.code == .damaged && !isSecondChance {
                // What an earlier process left may be what is wrong.
                isSecondChance = true
                try file.restart()
            }
        }
    }

    /// The bytes of a small blob, compared with its digest.
    func bytes(of blob: Blob, atMost limit: Int) async throws -> [UInt8] {
        guard blob.size <= limit else {
            throw DistributionError(
                .tooLarge, "blob \(blob.digest) has \(blob.size) bytes; at most \(limit) are accepted")
        }
        return try await retrying("blob \(blob.digest.short)") {
            let reply = try await send(call("GET", "blobs/\(blob.digest)"))
            guard reply.status == 200 else { throw await failure(reply, "the question for blob \(blob.digest)") }
            let bytes = try await reply.bytes(atMost: blob.size, "blob \(blob.digest)")
            guard Digest(of: bytes) == blob.digest else {
                throw DistributionError(.damaged, "blob \(blob.digest) holds other bytes than promised")
            }
            return bytes
        }
    }

    private func receive(_ blob: Blob, _ file: PartialFile, _ report: @Sendable (Int) -> Void) async throws {
        var call = call("GET", "blobs/\(blob.digest)")
        call.headers.set("Accept-Encoding", "identity")
        if file.count > 0 { call.headers.set("Range", "bytes=\(file.count)-") }
        let asked = call
        let reply = try await within(limits.smallReply, "the answer for blob \(blob.digest.short)") {
            try await send(asked)
        }
        switch reply.status {
        case 200: if file.count > 0 { try file.restart() }
        case 206: try Self.check(range: reply.headers["content-range"], from: file.count, of: blob)
        case 416 where file.count > 0:
            try file.restart()
            throw DistributionError.transient("the registry does not go on with blob \(blob.digest.short)")
        default: throw await failure(reply, "the question for blob \(blob.digest)")
        }
        if let promised = reply.headers.integer("content-length"), promised != blob.size - file.count {
            throw Self.size(blob, file.count.addingReportingOverflow(promised).partialValue)
        }
        if let coding = reply.headers["content-encoding"], coding.lowercased() != "identity" {
            throw DistributionError(.refused, "blob \(blob.digest) comes in the coding '\(SafeText.short(coding))'")
        }
        var watch = SlownessWatch(limits)
        for try await chunk in reply.body {
            guard chunk.readableBytes <= blob.size - file.count else { throw Self.size(blob, nil) }
            try chunk.withUnsafeReadableBytes { try file.append($0) }
            report(file.count)
            try watch.add(chunk.readableBytes, at: .now)
        }
        try Task.checkCancellation()
        guard file.count == blob.size else {
            throw DistributionError.transient(
                "blob \(blob.digest.short) ended after \(file.count) of \(blob.size) bytes")
        }
    }

    /// Source: RFC 9110 section 14.4.
    private static func check(range: String?, from offset: Int, of blob: Blob) throws(DistributionError) {
        let allowed = ["bytes \(offset)-\(blob.size - 1)/\(blob.size)", "bytes \(offset)-\(blob.size - 1)/*"]
        guard let range, allowed.contains(range.trimmed.lowercased()) else {
            throw DistributionError(
                .damaged,
                "asked for byte \(offset) on of blob \(blob.digest), the registry answers with"
                    + " '\(SafeText.short(range ?? "no range"))'")
        }
    }

    private static func size(_ blob: Blob, _ found: Int?) -> DistributionError {
        DistributionError(
            .damaged,
            "blob \(blob.digest) should have \(blob.size) bytes, and the registry has"
                + " \(found.map(String.init) ?? "more")", help: "the manifest or the registry is damaged")
    }
}

/// Notices a connection that lives and hardly gives anything.
struct SlownessWatch {
    private let window: Duration
    private let least: Int
    private var began: ContinuousClock.Instant
    private var count = 0

    init(_ limits: TransferLimits, at now: ContinuousClock.Instant = .now) {
        window = limits.slowWindow
        least = limits.slowBytes
        began = now
    }

    /// - Throws: a transient `DistributionError` when a whole window has brought less than the least.
    mutating func add(_ bytes: Int, at now: ContinuousClock.Instant) throws(DistributionError) {
        count = count.addingReportingOverflow(bytes).partialValue
        guard now - began >= window else { return }
        guard count >= least else {
            throw .transient("the registry is too slow: \(count) bytes in \(window)")
        }
        (began, count) = (now, 0)
    }
}
