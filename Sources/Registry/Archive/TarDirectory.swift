/// The members of a tar archive: where each lies in the file. Nothing is unpacked.
///
/// Takes files and directories only, each path once whatever the case of its letters, and none that leads out of the
/// directory it would be unpacked in.
struct TarDirectory {
    struct Member: Hashable {
        /// Where its content begins in the file.
        let offset: Int
        /// In bytes.
        let size: Int
    }

    /// The files by path.
    private(set) var members: [String: Member] = [:]

    /// More members than any version has; headers that say more about one count as well.
    static let mostMembers = 100_000
    /// The largest header that says more about a member.
    private static let largestExtension = 1 << 16
    /// The most that may follow the end of the archive, all of it zero.
    private static let mostPadding = 1 << 20

    /// Reads all headers.
    ///
    /// - Parameters:
    ///   - archive: its bytes.
    ///   - mostMembers: more than these are refused, before they are looked at.
    /// - Throws: `RegistryError.Code.invalid` for what breaks a rule, `.damaged` when the end is missing, `.tooLarge` over
    ///   a limit.
    init(
        reading archive: some ArchiveBytes, mostMembers: Int = TarDirectory.mostMembers
    ) throws(RegistryError) {
        let size = archive.size
        var folded: Set<String> = []
        var extra = Extension()
        var (offset, headers) = (0, 0)
        while true {
            let block = try Self.bytes(archive, offset, TarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) { break }
            headers += 1
            guard headers <= mostMembers else {
                throw RegistryError(
                    .tooLarge, "the archive has more than \(mostMembers) members",
                    help: "an archive of a version has a few: it was not made by 'slipway export'")
            }
            var header = try TarHeader(parsing: block[...])
            offset += TarHeader.blockSize
            let isAboutOthers = [.extended, .global].contains(header.kind)
            if !isAboutOthers { extra.apply(to: &header) }
            guard header.size <= size - offset else { throw Self.truncated }
            switch header.kind {
            case .extended, .global:
                guard header.size <= Self.largestExtension else {
                    throw RegistryError(.tooLarge, "a header of the archive has \(header.size) bytes")
                }
                let text = try Self.bytes(archive, offset, header.size)
                let read = try Extension(parsing: text)
                if header.kind == .extended { extra = read }
            case .file, .directory:
                try add(header, at: offset, folded: &folded)
                extra = Extension()
            }
            // A size that fits into the file can be rounded up without overflow.
            offset += header.size + TarHeader.padding(after: header.size)
        }
        try Self.checkEnd(archive, offset)
    }

    private mutating func add(_ header: TarHeader, at offset: Int, folded: inout Set<String>) throws(RegistryError) {
        guard let path = try Self.checked(header) else { return }
        guard folded.insert(path.lowercased()).inserted else {
            throw RegistryError(
                .invalid, "the archive has '\(path)' twice, or twice but for the case of letters",
                help: "an archive of a version has each file once: export it again")
        }
        if header.kind == .file { members[path] = Member(offset: offset, size: header.size) }
    }

    /// The path in plain form; `nil` for the archive's own directory, `./`.
    private static func checked(_ header: TarHeader) throws(RegistryError) -> String? {
        var path = header.path
        if path.hasPrefix("./") { path.removeFirst(2) }
        if header.kind == .directory {
            guard header.size == 0 else { throw RegistryError(.invalid, "a directory of the archive has content") }
            if path.hasSuffix("/") { path.removeLast() }
            if path.isEmpty || path == "." { return nil }
        }
        do {
            return try PackageManifest.checked(path: path)
        } catch {
            throw RegistryError(
                .invalid, "the archive has a member '\(printable(header.path))', which is no path of a file inside it",
                help: "it was not made by 'slipway export': do not trust it")
        }
    }

    /// The content of a small member.
    ///
    /// - Throws: `RegistryError.Code.invalid` when it is not there, `.tooLarge` over the limit.
    func bytes(_ path: String, limit: Int, from archive: some ArchiveBytes) throws(RegistryError) -> [UInt8] {
        guard let member = members[path] else {
            throw RegistryError(
                .invalid, "the archive has no '\(path)'",
                help: "an archive of a version is an OCI image layout, as 'slipway export' writes it")
        }
        guard member.size <= limit else {
            throw RegistryError(
                .tooLarge, "'\(path)' of the archive has \(member.size) bytes; at most \(limit) are accepted")
        }
        return try Self.bytes(archive, member.offset, member.size)
    }

    /// Text of the archive's own for a message.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined()
    }

    // MARK: - The file

    private static var truncated: RegistryError {
        RegistryError(.damaged, "the archive ends too early", help: "it was not copied as a whole: copy it again")
    }

    private static func bytes(
        _ archive: some ArchiveBytes, _ offset: Int, _ count: Int
    ) throws(RegistryError) -> [UInt8] {
        guard count <= archive.size - offset else { throw truncated }
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = try archive.read(at: offset + bytes.count, count: count - bytes.count)
            guard !piece.isEmpty else { throw truncated }
            bytes += piece
        }
        return bytes
    }

    /// Two blocks of zeros end an archive; some programs fill it up with more.
    private static func checkEnd(_ archive: some ArchiveBytes, _ offset: Int) throws(RegistryError) {
        let rest = archive.size - offset
        guard rest >= 2 * TarHeader.blockSize else { throw truncated }
        guard rest <= mostPadding, try bytes(archive, offset, rest).allSatisfy({ $0 == 0 }) else {
            throw RegistryError(.invalid, "something follows the end of the archive")
        }
    }

    /// What a pax header says about the member after it, as far as it matters here.
    private struct Extension {
        var path: String?
        var size: Int?

        init() {}

        init(parsing bytes: [UInt8]) throws(RegistryError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let digits = rest.prefix { (0x30...0x39).contains($0) }
                guard digits.count <= 6, let length = Int(String(decoding: digits, as: UTF8.self)),
                    length > digits.count + 1, length <= rest.count,
                    rest[rest.startIndex + digits.count] == UInt8(ascii: " "),
                    rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
                else { throw Self.malformed }
                try take(rest[(rest.startIndex + digits.count + 1)..<(rest.startIndex + length - 1)])
                rest = rest.dropFirst(length)
            }
        }

        private static var malformed: RegistryError {
            RegistryError(.invalid, "an extended header of the archive is malformed")
        }

        private mutating func take(_ record: ArraySlice<UInt8>) throws(RegistryError) {
            guard let mark = record.firstIndex(of: UInt8(ascii: "=")) else { throw Self.malformed }
            let value = record[(mark + 1)...]
            switch String(decoding: record[..<mark], as: UTF8.self) {
            case "path": path = String(decoding: value, as: UTF8.self)
            case "size":
                let isNumber = !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }
                guard isNumber, let size = Int(String(decoding: value, as: UTF8.self)) else { throw Self.malformed }
                self.size = size
            case let key where key.hasPrefix("GNU.sparse"):
                throw RegistryError(.invalid, "the archive has a sparse file", help: "export it again")
            default: break
            }
        }

        func apply(to header: inout TarHeader) {
            if let path { header.path = path }
            if let size { header.size = size }
        }
    }
}
