import ArgumentParser
import Distribution
import Glibc
import Home
import Registry
import Tensors
import Workshop

/// How a registry of other people's is spoken to.
struct RemoteOptions: ParsableArguments {
    @Option(help: "The user at the registry; else what docker or podman login left behind is used.")
    var username: String?

    @Flag(help: "Read the user's password from standard input.")
    var passwordStdin = false

    @Flag(help: "Speak without TLS. Needless for this machine; elsewhere the password can be read on the way.")
    var plainHttp = false

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file, too; then this machine is spoken to with TLS.",
            valueName: "file"))
    var ca: String?

    @Option(
        name: .customLong("token-host"),
        help: ArgumentHelp("A token service of the registry that may see the password.", valueName: "host"))
    var tokenHosts: [String] = []

    func validate() throws {
        if (username != nil) != passwordStdin {
            throw ValidationError("--username and --password-stdin belong together")
        }
        if plainHttp, ca != nil { throw ValidationError("--plain-http and --ca exclude each other") }
    }

    /// What the client for a place has to know. Reads the password now.
    func options(for place: RemoteReference) throws -> RegistryClient.Options {
        var options = RegistryClient.Options()
        options.plainHTTP = plainHttp
        options.alwaysTLS = ca != nil
        options.tokenHosts = tokenHosts
        if let username {
            var password = String(decoding: try JSONFile.bytes("-"), as: UTF8.self)
            if password.hasSuffix("\n") { password.removeLast() }
            if password.hasSuffix("\r") { password.removeLast() }
            options.credentials = try Credentials(username: username, password: password)
        } else if let file = try Self.credentialFile() {
            options.credentials = file.credentials(for: place)
            options.namesHelpers = file.namesHelpers
        }
        return options
    }

    /// The bytes of the file that `--ca` names.
    func authorities() throws -> [UInt8]? { try ca.map { try JSONFile.bytes($0) } }

    private static func credentialFile() throws -> CredentialFile? {
        guard let path = CredentialFile.places(Terminal.environment).first(where: { access($0, R_OK) == 0 }) else {
            return nil
        }
        do {
            return try CredentialFile(parsing: try JSONFile.bytes(path))
        } catch let error as DistributionError {
            throw Failure(6301, .usage, "'\(path)': \(error.message)", help: "repair it, or give --username")
        }
    }
}

/// The line that moves while blobs are on their way.
enum TransferText {
    /// `3 of 5 blobs  12.0 MB of 98.0 MB  4.1 MB/s  21 s left`.
    static func line(_ state: TransferState) -> String {
        var parts = [
            "\(state.blobs) of \(state.totalBlobs) blobs",
            "\(Quantity.bytes(state.bytes)) of \(Quantity.bytes(state.totalBytes))",
        ]
        if let rate = state.rate, rate >= 1 { parts.append("\(Quantity.bytes(Int(clamping: Int64(rate))))/s") }
        if let left = state.remaining, left >= .seconds(1), left < .seconds(360_000) {
            parts.append("\(duration(left)) left")
        }
        return parts.joined(separator: "  ")
    }

    /// `2 of 7 files  12.0 MB of 98.0 MB  4.1 MB/s  21 s left`, as far as it is known.
    static func sourceLine(_ state: TransferState) -> String {
        var parts: [String] = []
        if state.totalBlobs > 1 { parts.append("\(state.blobs) of \(state.totalBlobs) files") }
        let isKnown = state.totalBytes > 0
        parts.append(Quantity.bytes(state.bytes) + (isKnown ? " of \(Quantity.bytes(state.totalBytes))" : " fetched"))
        if isKnown { parts.append(bar(state.bytes, of: state.totalBytes)) }
        if let rate = state.rate, rate >= 1 { parts.append("\(Quantity.bytes(Int(clamping: Int64(rate))))/s") }
        if isKnown, let left = state.remaining, left >= .seconds(1), left < .seconds(360_000) {
            parts.append("\(duration(left)) left")
        }
        return parts.joined(separator: "  ")
    }

    /// `[######--------------]`.
    private static func bar(_ done: Int, of total: Int) -> String {
        let filled = min(20, Int(Double(done) / Double(max(1, total)) * 20))
        return "[\(String(repeating: "#", count: filled))\(String(repeating: "-", count: 20 - filled))]"
    }

    /// `21 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}
