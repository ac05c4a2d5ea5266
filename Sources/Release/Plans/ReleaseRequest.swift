/// What someone wants an endpoint to become.
package enum ReleaseRequest: Hashable, Sendable {
    /// One version answers everything. `nil` settings keep those the endpoint has.
    case deploy(Candidate, settings: EndpointSettings? = nil)
    /// A version takes a share of the traffic beside the stable one; or, when it does already, another share.
    case canary(Candidate, share: Share)
    /// A version is shown copies of a share of the requests; or, when it is already, of another share.
    case shadow(Candidate, share: Share)
    /// A version answers everything, and the one before it stays in memory beside it, so that going back loads nothing.
    case replace(Candidate)
    /// What was kept beside the stable version goes.
    case settle
    /// The canary becomes the stable version.
    case promote
    /// The state of an earlier revision again; `nil` for the one that `EndpointHistory.rollbackTarget` names.
    case rollback(to: Int? = nil)
    /// Nothing is served; versions, settings and history stay.
    case undeploy
}
