package import Columns
package import Images
package import Tensors

/// What is done to a version's inputs before its graph, and to its outputs after: declared with the version, compiled
/// into the graph, so that every engine and every client sees the same.
package struct Processing: Hashable, Sendable {
    /// Steps on inputs. Those on one input run in this order, from what the client sends to what the model takes.
    package var pre: [PreStep] = []
    /// Steps on outputs. Those on one output run in this order, each adding outputs.
    package var post: [PostStep] = []
    /// The classes' names, by index.
    package var labels: [String] = []

    package init(pre: [PreStep] = [], post: [PostStep] = [], labels: [String] = []) {
        self.pre = pre
        self.post = post
        self.labels = labels
    }

    package var isEmpty: Bool { pre.isEmpty && post.isEmpty && labels.isEmpty }
}

/// One step on the way from a client's input to the model's.
package struct PreStep: Hashable, Sendable {
    /// What is done. Arithmetic is done in the type that the value has at that point, which must be a float.
    package enum Operation: Hashable, Sendable {
        /// Multiplies by a number: `x * factor`.
        case scale(Double)
        /// `(x - mean) / std`, one mean and std for all, or one for each index of `axis`.
        case normalise(mean: [Double], std: [Double], axis: Int)
        /// Gives the value the shape `to`, of which one size may be -1: whatever is left.
        ///
        /// `from` is the shape that clients send, -1 for any size. Without it they send flat rows: the first dimension,
        /// and the product of the others.
        case reshape(to: [Int], from: [Int]? = nil)
        /// Clients send encoded images, which become the pixels that the next step, or the model, takes. Not a part of the
        /// graph: whoever runs it decodes before. The first step of its input.
        case image(ImageRecipe)
        /// Clients send the columns of a table, an input for each, which become the numbers that the next step, or the
        /// model, takes. Not a part of the graph either. The first step of its input.
        case columns([ColumnRecipe])
        /// Clients send elements of type `from`; they become what the next step, or the model, takes.
        case cast(from: ElementType)
    }

    /// The model's input.
    package var input: String
    package var operation: Operation

    package init(input: String, _ operation: Operation) {
        self.input = input
        self.operation = operation
    }
}

/// One step after the model: makes new outputs out of one of the model's, which itself stays as it is.
package struct PostStep: Hashable, Sendable {
    /// What is made. An output `scores` gets siblings named after the step.
    package enum Operation: Hashable, Sendable {
        /// `scores_softmax`: probabilities along `axis`. The steps after it work on these.
        case softmax(axis: Int = -1)
        /// `scores_argmax`: the index of the largest along `axis`, which disappears; `INT64`.
        case argmax(axis: Int = -1)
        /// `scores_topk_values` and `scores_topk_indices`: the `k` largest along the last axis, largest first.
        case topK(Int)
        /// `scores_threshold`: the class that thresholds decide for, `INT64`. One threshold decides between two classes
        /// by the score of the second; one for each class takes the largest `score / threshold`.
        case threshold([Double])
        /// `scores_above`: which classes reach their thresholds, `BOOL`; one threshold for all, or one for each.
        case above([Double])
        /// `scores_argmax_label`, `scores_topk_label`, `scores_threshold_label` or, for an output that is itself an
        /// index, `scores_label`: the names of the classes that the last of these steps found, as strings.
        case labels
    }

    /// The model's output.
    package var output: String
    package var operation: Operation

    package init(output: String, _ operation: Operation) {
        self.output = output
        self.operation = operation
    }
}
