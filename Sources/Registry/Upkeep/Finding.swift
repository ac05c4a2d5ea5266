/// Something that a check of the home found.
package struct Finding: Hashable, Sendable {
    /// What kind of thing it is; the raw value is what people and programs read.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The database file contradicts itself.
        case database
        /// An alias, endpoint or revision names what is not there.
        case dangling
        /// A version's record cannot be read.
        case record
        /// A blob that a version needs is not there.
        case blobMissing = "blob-missing"
        /// A blob holds other bytes, or more or fewer, than were stored.
        case blobAltered = "blob-altered"
        /// A manifest or description breaks the rules of its format.
        case manifest
        /// A file among the blobs that is none.
        case stray
        /// A file that a killed process left behind.
        case abandoned
        /// `index.json` does not list what is registered.
        case layout
        /// Somebody else than the owner may read or write the home.
        case permissions
    }

    package let kind: Kind
    /// What is wrong, and with what.
    package let what: String
    /// What the person can do about it.
    package let remedy: String
    /// Whether something that was stored cannot be used; the rest only lies about.
    package let isDamage: Bool
    /// Whether the check has repaired it.
    package var isRepaired = false

    init(_ kind: Kind, _ what: String, remedy: String) {
        self.kind = kind
        self.what = what
        self.remedy = remedy
        isDamage = ![.stray, .abandoned, .layout, .permissions].contains(kind)
    }
}

/// What a check of the home looked at and found.
package struct CheckReport: Hashable, Sendable {
    package var findings: [Finding] = []
    package var versions = 0
    package var blobs = 0
    /// Bytes of all blobs.
    package var bytes = 0

    /// Whether something that was stored cannot be used and was not repaired.
    package var isDamaged: Bool { findings.contains { $0.isDamage && !$0.isRepaired } }
}
