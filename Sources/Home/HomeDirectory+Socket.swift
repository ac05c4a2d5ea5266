import Glibc

extension HomeDirectory {
    /// Bytes that fit into a socket address beside its NUL (`sun_path` of unix(7) has 108).
    private static let longestSocketPath = 107

    /// Where the server of this home listens for the command line.
    ///
    /// In `run`, or where that path would be too long for a socket address, in a directory of this user's own under
    /// `/tmp`, named by the home's path. Every process that opens the same home computes the same path.
    package var controlSocketPath: String {
        let path = run + "/control.sock"
        return path.utf8.count <= Self.longestSocketPath ? path : "\(shortSocketDirectory)/\(pathHash).sock"
    }

    /// Makes the socket's directory where it is not `run`, and removes a socket that was left behind.
    ///
    /// To be called with the server lock held: only then is a socket at this path known to be abandoned.
    ///
    /// - Throws: `HomeError.Code.invalid` when somebody else owns the short directory or can write to it.
    package func prepareControlSocket() throws(HomeError) {
        let path = controlSocketPath
        if path.hasPrefix(shortSocketDirectory + "/") { try makeShortSocketDirectory() }
        guard unlink(path) == 0 || errno == ENOENT else { throw HomeError.system("remove the old socket", path) }
    }

    private var shortSocketDirectory: String { "/tmp/slipway-\(geteuid())" }

    private func makeShortSocketDirectory() throws(HomeError) {
        let directory = shortSocketDirectory
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw HomeError.system("create the directory", directory)
        }
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw HomeError.system("read", directory) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw HomeError(
                .invalid, "'\(directory)' is not a directory that only this user can enter",
                help: "remove it, or choose a home with a shorter path")
        }
    }

    /// FNV-1a of the path: a name, not a secret.
    private var pathHash: String {
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
