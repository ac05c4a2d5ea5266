package import Monitor

/// What is known at one moment of everything that alerts are about.
package struct AlertFacts: Sendable {
    /// One endpoint in service.
    package struct Endpoint: Sendable {
        package var objectives: [ServiceObjective]
        /// Totals since the start.
        package var sample: TrafficSample

        package init(objectives: [ServiceObjective], sample: TrafficSample) {
            (self.objectives, self.sample) = (objectives, sample)
        }
    }

    /// A version whose traffic has drifted.
    package struct Drift: Sendable {
        package var endpoint: String
        package var version: String
        package var features: [String]

        package init(endpoint: String, version: String, features: [String]) {
            (self.endpoint, self.version, self.features) = (endpoint, version, features)
        }
    }

    /// Something that happened.
    package struct Happening: Sendable {
        /// As the event log calls it, without the prefix.
        package var kind: String
        package var endpoint: String
        /// Milliseconds since 1970.
        package var time: Int
        package var reason: String

        package init(kind: String, endpoint: String, time: Int, reason: String) {
            (self.kind, self.endpoint, self.time, self.reason) = (kind, endpoint, time, reason)
        }
    }

    /// Milliseconds since 1970.
    package var time: Int
    package var endpoints: [String: Endpoint] = [:]
    package var drifts: [Drift] = []
    package var happenings: [Happening] = []
    /// Requests refused because there was too much to do, since the start.
    package var refused = 0.0
    /// What is left and what there is.
    package var disk: (free: Double, size: Double)?
    /// What is used and what may be.
    package var memory: (used: Double, limit: Double)?
    package var descriptors: (used: Double, limit: Double)?
    /// Milliseconds since 1970; `nil` without a certificate.
    package var certificateEnds: Int?

    package init(time: Int) { self.time = time }
}
