import ArgumentParser
import Serve

/// The certificate that clients of the data plane see.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Speak TLS with this certificate and those after it, in PEM (default: SLIPWAY_TLS_CERTIFICATE).",
            valueName: "file"),
        completion: .file())
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp(
            "The certificate's private key, in PEM, without a passphrase (default: SLIPWAY_TLS_KEY).",
            valueName: "file"),
        completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Take only clients with a certificate of these authorities, in PEM (default: SLIPWAY_TLS_CLIENT_CA).",
            valueName: "file"),
        completion: .file())
    var tlsClientCa: String?

    private var certificate: String? { tlsCertificate ?? Terminal.environment("SLIPWAY_TLS_CERTIFICATE") }
    private var key: String? { tlsKey ?? Terminal.environment("SLIPWAY_TLS_KEY") }
    private var clientAuthorities: String? { tlsClientCa ?? Terminal.environment("SLIPWAY_TLS_CLIENT_CA") }

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together")
        }
        guard clientAuthorities == nil || certificate != nil else {
            throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key")
        }
    }

    /// `nil` for plain connections.
    var files: TLSFiles? {
        guard let certificate, let key else { return nil }
        return TLSFiles(certificate: certificate, key: key, clientAuthorities: clientAuthorities)
    }
}
