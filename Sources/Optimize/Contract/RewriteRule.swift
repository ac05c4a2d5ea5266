package import ModelGraph

/// A rewriting of a few nodes: an equation, the pattern of its left side, the conditions under which it holds, and its
/// right side.
package protocol RewriteRule: Sendable {
    /// The equation, as it would stand in a book.
    var algebra: String { get }

    /// The nodes of the left side when its last one is at `index`, in any order, `index` last; `nil` when it is not
    /// there. Only looks; what it finds may still be refused.
    func pattern(_ index: Int, _ view: GraphView) -> [Int]?

    /// Why the equation does not hold for these nodes; `nil` when it does.
    func check(_ nodes: [Int], _ view: GraphView) -> String?

    /// The right side, in the place of the last node. New constants are added to `editor`, which is otherwise left
    /// alone.
    ///
    /// - Throws: `RuleFault` when it turns out only now that the equation does not hold.
    func replacement(_ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor) throws -> Rewriting
}

extension RewriteRule {
    package func check(_ nodes: [Int], _ view: GraphView) -> String? { nil }
}

/// The right side of a rule.
package struct Rewriting: Sendable {
    /// What stands in the place of the last node; it makes what is still read.
    package var nodes: [Node]
    /// Values that are read under another name from then on.
    package var rewires: [String: String]
    /// What stands in the place of the pattern's other nodes, by index; without an entry, they go.
    package var others: [Int: [Node]]

    package init(_ nodes: [Node] = [], rewires: [String: String] = [:], others: [Int: [Node]] = [:]) {
        self.nodes = nodes
        self.rewires = rewires
        self.others = others
    }
}

/// Why a rule does not hold after all.
package struct RuleFault: Error {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// A pass that is a list of rules, applied wherever they fit until none does.
package struct RulePass: GraphPass {
    package let name: String
    package let purpose: String
    package let tolerance: Tolerance
    package let rules: [any RewriteRule]
    /// Sweeps over the graph. Each makes it smaller or simpler; a rule that does not would go on for ever.
    private static let mostSweeps = 16

    package init(_ name: String, _ purpose: String, _ tolerance: Tolerance, _ rules: [any RewriteRule]) {
        self.name = name
        self.purpose = purpose
        self.tolerance = tolerance
        self.rules = rules
    }

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        var changed = 0
        for _ in 0..<Self.mostSweeps {
            let (count, refusals) = try sweep(&editor)
            changed += count
            if count == 0 { return PassOutcome(changed: changed, refusals: refusals) }
        }
        return PassOutcome(changed: changed)
    }

    /// Rewrites what does not overlap; the rest is for the next sweep.
    private func sweep(_ editor: inout GraphEditor) throws -> (changed: Int, refusals: [Refusal]) {
        let view = GraphView(editor.model)
        var edits = GraphEdits()
        var claimed: Set<Int> = []
        var refusals: [Refusal] = []
        var changed = 0
        for index in view.nodes.indices where !claimed.contains(index) {
            for rule in rules {
                guard let nodes = rule.pattern(index, view), claimed.isDisjoint(with: nodes) else { continue }
                if let reason = rule.check(nodes, view) {
                    refusals.append(Refusal(view.label(index), reason))
                    continue
                }
                let rewriting: Rewriting
                do {
                    rewriting = try rule.replacement(nodes, view, adding: &editor)
                } catch let fault as RuleFault {
                    refusals.append(Refusal(view.label(index), fault.reason))
                    continue
                }
                for node in nodes { edits.replacements[node] = rewriting.others[node] ?? [] }
                edits.replacements[index] = rewriting.nodes
                edits.rewires.merge(rewriting.rewires) { $1 }
                claimed.formUnion(nodes)
                changed += 1
                break
            }
        }
        if changed > 0 { try editor.apply(edits) }
        return (changed, refusals)
    }
}
