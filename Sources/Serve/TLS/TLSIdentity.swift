import NIOCore
import NIOSSL

/// What a server's certificate says.
package struct TLSCertificate: Hashable, Sendable {
    /// The hosts and addresses that it is for.
    package let names: [String]
    /// Seconds since 1970 from which it is valid.
    package let validFrom: Int
    /// Seconds since 1970 after which it is not.
    package let validUntil: Int
    /// The bits of the key file's permissions that let others than its owner have it; 0 is as it should be.
    package let exposedKeyBits: UInt32

    /// Reads a pair and checks it as a server does, without serving.
    ///
    /// - Throws: `ServeError.Code.badCertificate` that names the file and what is wrong with it.
    package init(checking files: TLSFiles) throws(ServeError) { self = try TLSIdentity(files).certificate }

    fileprivate init(_ leaf: NIOSSLCertificate, keyPermissions: UInt32) {
        names = leaf._subjectAlternativeNames().compactMap(Self.text)
        validFrom = Int(leaf.notValidBefore)
        validUntil = Int(leaf.notValidAfter)
        exposedKeyBits = keyPermissions & 0o077
    }

    private static func text(_ name: _SubjectAlternativeName) -> String? {
        switch name.nameType {
        case .dnsName: name.contents.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
        case .ipAddress:
            name.contents.withUnsafeBufferPointer { bytes in
                (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0))?.ipAddress
            }
        default: nil
        }
    }
}

/// A certificate with its key, ready to serve.
struct TLSIdentity: Sendable {
    let context: NIOSSLContext
    let certificate: TLSCertificate

    /// - Throws: `ServeError.Code.badCertificate` for files that cannot be read, are no PEM, or do not belong together.
    init(_ files: TLSFiles) throws(ServeError) {
        let chain = try Self.certificates(files.certificate)
        guard let leaf = chain.first else {
            throw ServeError(.badCertificate, "'\(files.certificate)' holds no certificate; expected PEM")
        }
        let keyFile = try SmallFile(path: files.key)
        let key = try Self.key(keyFile.bytes, files.key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.cipherSuites
        // Clients that know both get the older one, which answers every route: REST is not served over HTTP/2.
        configuration.applicationProtocols = ["http/1.1", "h2"]
        configuration.shutdownTimeout = .seconds(1)
        if let authorities = files.clientAuthorities {
            configuration.trustRoots = .certificates(try Self.certificates(authorities))
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ServeError(
                .badCertificate, "the key '\(files.key)' is not that of the certificate '\(files.certificate)'")
        }
        certificate = TLSCertificate(leaf, keyPermissions: keyFile.permissions)
    }

    private static func certificates(_ path: String) throws(ServeError) -> [NIOSSLCertificate] {
        let bytes = try SmallFile(path: path).bytes
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw ServeError(.badCertificate, "'\(path)' holds no certificate that can be read; expected PEM")
        }
    }

    private static func key(_ bytes: [UInt8], _ path: String) throws(ServeError) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            let isLocked = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
            throw ServeError(
                .badCertificate,
                isLocked
                    ? "the key '\(path)' has a passphrase; write it without one: openssl pkey -in FILE -out FILE"
                    : "'\(path)' holds no private key that can be read; expected PEM")
        }
    }

    /// For TLS 1.2: keys of one connection tell nothing about another's, and every record is authenticated.
    ///
    /// Source: RFC 9325 section 4.2; RFC 9113 appendix A, which forbids the others for HTTP/2.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
}
