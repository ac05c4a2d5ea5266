/// What a request would do, before anything is done.
package struct Plan: Hashable, Sendable {
    package let endpoint: EndpointName
    /// The number of the revision it was made for; `nil` for an endpoint that has none. A plan for a state that has
    /// been replaced since is stale.
    package let base: Int?
    package let next: EndpointSpec
    package let cause: Revision.Cause
    /// Line by line, for people. Empty when the state stays as it is.
    package let changes: [Change]

    /// Nothing would change: no revision needs to be written.
    package var isEmpty: Bool { changes.isEmpty }
}
