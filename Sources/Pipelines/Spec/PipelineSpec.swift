/// A graph of models as its owner writes it: what comes in, the steps, what goes out.
///
/// Nothing is known of the models yet; `PipelinePlan` checks it against their signatures.
package struct PipelineSpec: Hashable, Sendable {
    /// Names of what clients send. Types and shapes follow from the models that take it.
    package var inputs: [String]
    /// In the order in which they were written, which need not be that of the runs.
    package var steps: [Step]
    /// What clients get.
    package var outputs: [Binding]

    /// One step.
    package struct Step: Hashable, Sendable {
        package var name: String
        package var action: Action
        /// It is taken only for the rows where this holds.
        package var condition: Condition?
    }

    /// What a step does.
    package enum Action: Hashable, Sendable {
        case model(Member, inputs: [Binding])
        case combine(Combination)
    }

    /// A model of the graph.
    package struct Member: Hashable, Sendable {
        /// How its owner names it, such as `digits:3`.
        package var reference: String
        /// The digest of its version's manifest, once it is known.
        package var digest: String?

        package init(reference: String, digest: String? = nil) {
            self.reference = reference
            self.digest = digest
        }
    }

    /// Something that takes a value: an input of a model, or an output of the pipeline.
    package struct Binding: Hashable, Sendable {
        package var name: String
        package var source: Source
    }

    /// Where a value comes from: an input, a step, or one of a step's outputs.
    package struct Source: Hashable, Sendable, CustomStringConvertible {
        /// An input's or a step's name.
        package var owner: String
        /// `nil` for the only one.
        package var output: String?

        package var description: String { output.map { "\(owner).\($0)" } ?? owner }
    }

    /// Several values made one.
    package struct Combination: Hashable, Sendable {
        /// How.
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            /// The weighted mean of numbers.
            case mean
            /// The label with the most weight behind it.
            case vote
            /// Of each row the source whose confidence is the highest.
            case best
            /// Of each row the first source that has it.
            case first
        }

        package var kind: Kind
        package var sources: [Source]
        /// One for each source; empty where all count alike.
        package var weights: [Double] = []
        /// For `best`: whose rows' largest numbers are the confidences; empty for the sources themselves.
        package var confidences: [Source] = []
    }

    /// What has to hold of a value's row. A row's number is its largest one, so that a row of probabilities counts by the
    /// best of them.
    package struct Condition: Hashable, Sendable {
        package enum Test: Hashable, Sendable {
            /// Smaller, or not a number.
            case below(Double)
            case atLeast(Double)
            case equals(Literal)
            case differs(Literal)
        }

        /// What a row is compared with.
        package enum Literal: Hashable, Sendable {
            case number(Double)
            case text(String)
        }

        package var source: Source
        package var test: Test
    }

    /// Steps at most.
    package static let mostSteps = 64
    /// Inputs, outputs, sources of a step at most.
    package static let mostNames = 256
    /// Bytes of a pipeline's text at most.
    package static let largest = 1 << 20

    /// The models it names, each once, in the order in which they are named first.
    package var members: [Member] {
        var members: [Member] = []
        for step in steps {
            if case .model(let member, _) = step.action, !members.contains(member) { members.append(member) }
        }
        return members
    }

    /// The same with every model's digest.
    package func resolved(_ digest: (Member) throws -> Member) rethrows -> PipelineSpec {
        var result = self
        for index in steps.indices {
            if case .model(let member, let inputs) = steps[index].action {
                result.steps[index].action = .model(try digest(member), inputs: inputs)
            }
        }
        return result
    }
}
