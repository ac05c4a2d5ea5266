/// What looking through a file for names that reading it would import comes to.
package struct PickleScan: Sendable {
    /// One name of one stream, and what is known of it.
    package struct Finding: Sendable {
        /// The path inside an archive, or nothing.
        package var place: String
        package var use: GlobalUse
        package var verdict: GlobalVerdict
    }

    /// The worst that was found.
    package enum Outcome: String, Sendable {
        /// No pickle is in it, or only names that are known to be harmless.
        case harmless
        /// A name of which nothing is known.
        case unknown
        /// A dangerous name, or a pickle that is broken: what it would do is not known whole.
        case dangerous
    }

    /// What the file is, in words.
    package var format: String
    /// How many pickles are in it.
    package var streamCount: Int
    /// Dangerous ones first, then unknown ones; each in the order of the file.
    package var findings: [Finding]
    /// What is wrong with pickles that break, with their places.
    package var faults: [String]
    /// Bytes after the last stream that are no pickle.
    package var trailingCount: Int

    /// Looks through an opened file.
    package init(_ file: PickleFile) {
        format = file.format
        streamCount = file.streams.count
        trailingCount = file.trailingCount
        let found = file.streams.flatMap { stream in
            stream.globals.map { Finding(place: stream.place, use: $0, verdict: $0.verdict) }
        }
        findings =
            found.filter { $0.verdict.reason != nil } + found.filter { $0.verdict == .unknown }
            + found.filter { $0.verdict == .harmless }
        faults = file.streams.compactMap { stream in
            stream.fault.map { stream.place.isEmpty ? $0.message : "\(stream.place.quotedName): \($0.message)" }
        }
    }

    /// The worst that was found.
    package var outcome: Outcome {
        if !faults.isEmpty || findings.contains(where: { $0.verdict.reason != nil }) { return .dangerous }
        return findings.contains { $0.verdict == .unknown } ? .unknown : .harmless
    }
}
