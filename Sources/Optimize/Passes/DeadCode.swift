package import ModelGraph

/// Removes nodes of which nothing is read, and constants that nothing reads.
package struct DeadCode: GraphPass {
    package let name = "dead-code"
    package let purpose = "nodes and weights that no output depends on"
    package let tolerance = Tolerance.exact

    package init() {}

    package func run(_ editor: inout GraphEditor, _ context: PassContext) -> PassOutcome {
        PassOutcome(changed: editor.removeUnused())
    }
}
