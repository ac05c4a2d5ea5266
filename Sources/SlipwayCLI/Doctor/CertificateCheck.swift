import Control
import Home
import Serve
import Tensors

/// Whether the certificate that the server is to show can be served, and for how long.
struct CertificateCheck {
    let files: TLSFiles
    let now: Timestamp

    private static let day: Int64 = 24 * 3600 * 1000
    /// Days before its end from which it is worth a word.
    private static let notice: Int64 = 14

    func finding() -> DoctorFinding {
        let certificate: TLSCertificate
        do throws(ServeError) {
            certificate = try TLSCertificate(checking: files)
        } catch {
            return .fail(
                "certificate", error.message, fix: "give PEM files that belong together; see 'slipway explain SW8105'")
        }
        let names = certificate.names.isEmpty ? "no name" : certificate.names.prefix(4).joined(separator: ", ")
        let days = (certificate.expiry.milliseconds - now.milliseconds) / Self.day
        let details = JSONValue.object([
            ("names", .array(certificate.names.map(JSONValue.string))),
            ("expires", .string(certificate.expiry.description)), ("days", .integer(Int(days))),
        ])
        let renewal =
            "have it issued again and put it in the place of the old one; the server takes it without a restart"
        guard certificate.expiry > now else {
            return .fail(
                "certificate", "for \(names), expired on \(certificate.expiry)", fix: renewal, details: details)
        }
        let text = "for \(names), valid for \(days) more days"
        if days < Self.notice { return .warn("certificate", text, fix: renewal, details: details) }
        if certificate.validFrom > Int(now.milliseconds / 1000) {
            return .warn("certificate", "\(text), but not yet", fix: "set the clock, or wait", details: details)
        }
        if certificate.exposedKeyBits != 0 {
            return .warn(
                "certificate", "\(text); its key can be read by others than its owner", fix: "chmod 600 \(files.key)",
                details: details)
        }
        return .ok("certificate", text, details: details)
    }
}
