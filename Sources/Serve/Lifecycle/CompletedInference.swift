package import Engines
package import Tensors

/// An inference request that was answered, for whoever watches: shadows, drift, records.
///
/// The tensors are the request's own; keeping one keeps its memory.
package struct CompletedInference: Sendable {
    package let endpoint: String
    package let servable: Servable
    package let requestID: String
    package let inputs: [Tensor]
    /// One for each output of the signature; `.skip` for those nobody asked for.
    package let outputs: [OutputSlot]
    /// The reply's status code.
    package let status: Int
    /// From the first byte of the request to the reply.
    package let nanoseconds: UInt64
}
