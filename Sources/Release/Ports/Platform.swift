/// Where endpoints run.
///
/// Calls for one endpoint come one at a time; calls for different endpoints may overlap.
package protocol Platform: Sendable {
    /// Carries a revision out, and returns when it is in force and what it replaced is gone, or when it was given up.
    ///
    /// A version that fails to load or warm is not thrown but reported, and leaves the endpoint as it was. Applying the
    /// revision in force again changes nothing. A revision without arms withdraws the endpoint.
    ///
    /// - Throws: `ReleaseError.Code.failed` when the platform could not be reached or refused.
    func apply(_ revision: Revision) async throws(ReleaseError) -> PassageReport

    /// Makes the passage under way for an endpoint, if it is to an earlier revision, end as soon as it can: what still
    /// loads is given up, and what drains is not waited for any longer. Does nothing where nothing is under way.
    func giveWay(at endpoint: EndpointName, to revision: Int) async

    /// What runs now; `nil` for an endpoint the platform does not know, or has withdrawn.
    func status(of endpoint: EndpointName) async throws(ReleaseError) -> EndpointStatus?

    /// Drains and unloads everything of an endpoint. Does nothing for one that is unknown.
    func withdraw(_ endpoint: EndpointName) async throws(ReleaseError)
}

/// What a platform runs for an endpoint, which may still differ from what is declared.
package struct EndpointStatus: Hashable, Sendable {
    /// The revision that requests are answered by.
    package var revision: Int
    package var arms: [ArmStatus]

    package init(revision: Int, arms: [ArmStatus]) {
        self.revision = revision
        self.arms = arms
    }
}

/// One arm, as the platform runs it.
package struct ArmStatus: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Being loaded or warmed: gets no requests yet.
        case entering
        case ready
        /// Gets no new requests.
        case draining
        case failed(reason: String)
    }

    package var arm: Arm
    package var state: State

    package init(arm: Arm, state: State) {
        self.arm = arm
        self.state = state
    }
}
