import Monitor
import NIOSSL
import Synchronization

/// What looking at the files of a certificate came to.
package enum TLSRefresh: Sendable {
    /// New connections get this one from now on.
    case replaced(TLSCertificate)
    /// The files changed into something that cannot be served; what was served goes on.
    case refused(ServeError)
}

/// The certificate in force, and the way to the next one. Safe from any thread.
final class TLSStore: Sendable {
    private struct State {
        var identity: TLSIdentity?
        /// The files as they were when `identity` was made of them.
        var loaded: [SmallFile.Stamp?] = []
        /// The files as they were at the last look, if they had changed.
        var pending: [SmallFile.Stamp?]?
        /// The files as they were when they were refused.
        var refused: [SmallFile.Stamp?]?
    }

    private let files: TLSFiles
    private let metrics: TLSMetrics
    private let state = Mutex(State())

    init(_ files: TLSFiles, metrics: TLSMetrics) {
        self.files = files
        self.metrics = metrics
    }

    /// What a new connection is served with; `nil` before `load`.
    var context: NIOSSLContext? { state.withLock { $0.identity?.context } }

    var certificate: TLSCertificate? { state.withLock { $0.identity?.certificate } }

    /// - Throws: `ServeError.Code.badCertificate`.
    func load() throws(ServeError) {
        let stamps = files.stamps()
        let identity = try TLSIdentity(files)
        state.withLock { state in
            state.identity = identity
            state.loaded = stamps
        }
        metrics.expiry.set(Double(identity.certificate.validUntil))
    }

    /// Looks whether the files have changed, and takes what they hold now.
    ///
    /// Certificate and key are written one after the other: a change is looked at when it has been the same for two
    /// looks, and one that is refused is told once.
    ///
    /// - Returns: `nil` while there is nothing new.
    func refresh() -> TLSRefresh? {
        let seen = files.stamps()
        guard hasSettled(seen) else { return nil }
        do throws(ServeError) {
            let identity = try TLSIdentity(files)
            // Written while they were read: the next look will tell.
            guard files.stamps() == seen else { return nil }
            state.withLock { state in
                state.identity = identity
                state.loaded = seen
                (state.pending, state.refused) = (nil, nil)
            }
            metrics.expiry.set(Double(identity.certificate.validUntil))
            metrics.replaced.add()
            return .replaced(identity.certificate)
        } catch {
            state.withLock { $0.refused = seen }
            metrics.refused.add()
            return .refused(error)
        }
    }

    private func hasSettled(_ seen: [SmallFile.Stamp?]) -> Bool {
        state.withLock { state in
            guard seen != state.loaded else {
                (state.pending, state.refused) = (nil, nil)
                return false
            }
            defer { state.pending = seen }
            return seen == state.pending && seen != state.refused
        }
    }
}
