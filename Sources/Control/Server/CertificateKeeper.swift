package import Home
import Logging
package import Serve
import ServiceLifecycle

/// Takes a new certificate when its files change, and says so when the one in force is about to end.
struct CertificateKeeper: Service {
    let plane: DataPlane
    let logger: Logger
    /// Told when another certificate is in force.
    var onReplaced: @Sendable (TLSCertificate) -> Void = { _ in }
    var ticker = Ticker(every: .milliseconds(500))

    /// Renewal is due long before: whoever renews automatically does so a month ahead.
    private static let notice: Int64 = 14 * day
    private static let day: Int64 = 24 * 3600 * 1000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var told = Timestamp.now()
            while await ticker.next() {
                switch plane.refreshCertificate() {
                case .replaced:
                    if let certificate = plane.certificate { onReplaced(certificate) }
                    for warning in report() { logger.warning("\(warning)") }
                case .refused(let error):
                    logger.error(
                        "the new certificate is refused, the old one stays in force",
                        metadata: ["reason": "\(error.message)"])
                case nil: break
                }
                guard Timestamp.now().milliseconds - told.milliseconds > Self.day else { continue }
                told = Timestamp.now()
                for warning in warnings() { logger.warning("\(warning)") }
            }
        }
    }

    /// Writes down what is in force.
    ///
    /// - Returns: what a person should know about it.
    func report() -> [String] {
        guard let certificate = plane.certificate else { return [] }
        logger.info(
            "certificate in force",
            metadata: [
                "names": "\(certificate.names.prefix(8).joined(separator: ", "))",
                "expires": "\(certificate.expiry)",
            ])
        return warnings()
    }

    private func warnings() -> [String] {
        guard let certificate = plane.certificate else { return [] }
        let now = Timestamp.now()
        var warnings: [String] = []
        if certificate.exposedKeyBits != 0 {
            warnings.append("the TLS key can be read by others than its owner; chmod 600 it")
        }
        if certificate.expiry < now {
            warnings.append("the TLS certificate has expired on \(certificate.expiry); clients refuse it")
        } else if certificate.expiry < now.adding(milliseconds: Self.notice) {
            warnings.append("the TLS certificate expires on \(certificate.expiry)")
        }
        return warnings
    }
}

extension TLSCertificate {
    /// When it ends.
    package var expiry: Timestamp { Timestamp(milliseconds: Int64(clamping: validUntil) * 1000) }
}
