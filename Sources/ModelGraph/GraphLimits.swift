/// What a model may cost us, checked while it is read and validated.
///
/// The defaults admit every published model we know of; they keep a hostile file of any size within a few hundred
/// megabytes of memory.
package struct GraphLimits: Hashable, Sendable {
    /// Bytes of the file; 2 GiB less one byte is what protobuf itself allows.
    package var fileBytes = Int(Int32.max)
    /// Messages inside messages; protobuf's own parsers stop at 100.
    package var messageDepth = 100
    /// Memory for names, nodes and attributes. Weights are views into the file and do not count.
    package var structureBytes = 256 << 20
    /// Nodes of all graphs and functions together.
    package var nodes = 1_000_000
    /// Tensors of all graphs together.
    package var tensors = 1_000_000
    /// UTF-8 bytes of one name.
    package var nameBytes = 4096
    /// Graphs inside graphs.
    package var subgraphDepth = 24
    /// Functions that call functions.
    package var functionDepth = 32
    /// Nodes after every function call is expanded, as an engine would.
    package var expandedNodes = 10_000_000
    /// Problems reported before validation stops.
    package var problems = 200

    package init() {}
}
