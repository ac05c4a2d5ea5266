extension SealStatement {
    /// Compares what was signed with the files that are there.
    ///
    /// - Throws: `SealError.Code.mismatch`, naming the first files that differ, are missing, or are too many.
    package func require(_ found: [Resource], in place: String) throws(SealError) {
        // Names as bytes: texts that look alike can be different files.
        let signed = Dictionary(resources.map { (Array($0.name.utf8), $0) }) { first, _ in first }
        let present = Dictionary(found.map { (Array($0.name.utf8), $0) }) { first, _ in first }
        var faults: [String] = []
        for resource in resources {
            guard let other = present[Array(resource.name.utf8)] else {
                faults.append("'\(SealJSON.quoted(resource.name))' is missing")
                continue
            }
            if other.digest != resource.digest { faults.append("'\(SealJSON.quoted(resource.name))' was changed") }
        }
        for resource in found where signed[Array(resource.name.utf8)] == nil {
            faults.append("'\(SealJSON.quoted(resource.name))' was not signed")
        }
        guard !faults.isEmpty else { return }
        let rest = faults.count > 5 ? " and \(faults.count - 5) more" : ""
        throw SealError(
            .mismatch, "\(place) is not what was signed: \(faults.prefix(5).joined(separator: ", "))\(rest)",
            help: "get the model again from where it was signed, or have it signed as it is now")
    }
}
