import Control
import Registry
import Release
import Workshop

/// What clients of an endpoint have asked, as a server recorded it.
struct TrafficRecord {
    let endpoint: EndpointName
    /// The folder that has the files.
    let folder: String
    /// Oldest first; at least one.
    let segments: [RecordedTraffic.Segment]
    /// Inputs that are not what clients sent: left out, or only a digest.
    let without: [String]

    /// - Parameters:
    ///   - name: the endpoint; `nil`: that of the version's model.
    ///   - version: as it was named, for what to do when there is nothing.
    /// - Throws: `WorkshopError.Code.evaluation` when nothing is recorded.
    init(_ name: String?, of version: String, _ homeOptions: HomeOptions) throws {
        endpoint = try EndpointName(name ?? Reference(version).model.description)
        let recording = try homeOptions.deployments().recentHistory(of: endpoint).current?.spec.settings.recording
        let traffic = RecordedTraffic(try homeOptions.directory())
        (folder, segments) = (traffic.folder(of: endpoint.text), traffic.segments(of: endpoint.text))
        without = recording.map { $0.without + $0.hashed } ?? []
        guard !segments.isEmpty else {
            throw WorkshopError(
                .evaluation, "no requests of '\(endpoint)' are recorded",
                help: recording == nil
                    ? "record some: slipway deploy \(version) --record 10%" : "wait a minute, or stop the server")
        }
    }
}
