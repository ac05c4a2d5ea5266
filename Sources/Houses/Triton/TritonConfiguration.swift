package import Tensors

/// A model's configuration, as far as it says how the model answers and is served.
///
/// Source: Triton, `model_config.proto` and "Model Configuration".
package struct TritonConfiguration: Sendable {
    /// Which versions are served.
    package enum VersionPolicy: Hashable, Sendable {
        case all
        case latest(Int)
        case specific([Int])

        /// Those of the versions that are there, smallest first.
        package func served(of versions: [Int]) -> [Int] {
            switch self {
            case .all: versions
            case .latest(let count): Array(versions.suffix(max(count, 0)))
            case .specific(let wanted): versions.filter { wanted.contains($0) }
            }
        }
    }

    /// `dynamic_batching`.
    package struct Batching: Hashable, Sendable {
        package var preferred: [Int] = []
        /// Microseconds.
        package var delay = 0
    }

    /// One of `instance_group`.
    package struct Instances: Hashable, Sendable {
        package var count: Int
        package var kind: String

        package init(count: Int = 1, kind: String = "KIND_AUTO") {
            self.count = count
            self.kind = kind
        }
    }

    package var name: String?
    package var platform = ""
    package var backend = ""
    /// `max_batch_size`; `nil` where it is not given.
    package var maximumRows: Int?
    package var inputs: [TritonTensor] = []
    package var outputs: [TritonTensor] = []
    package var policy = VersionPolicy.latest(1)
    package var defaultFile: String?
    package var batching: Batching?
    package var states: [TritonState] = []
    /// Microseconds after which a sequence is given up; `nil` for a model without sequences.
    package var sequenceIdle: Int?
    package var ensemble: TritonEnsemble?
    package var isCached = false
    package var instances: [Instances] = []
    package var parameters: [String: String] = [:]
    /// Names of accelerators for the processor, such as `openvino`.
    package var accelerators: [String] = []
    /// What it says that has no effect on answers, and is not taken along.
    package var remarks: [String] = []
    /// What it says that would be answered differently here.
    package var obstacles: [String] = []

    package init() {}
}

/// An input or output as a configuration declares it.
package struct TritonTensor: Hashable, Sendable {
    package var name = ""
    /// `nil` for types that no engine here has.
    package var type: ElementType?
    /// Without the batch's dimension, where the model has one; -1 for free ones.
    package var dimensions: [Int] = []
    /// What the model itself takes, where that differs.
    package var reshape: [Int]?
    /// A file of class names beside the configuration.
    package var labelFile: String?
    package var place = TextPlace(line: 1, column: 1)
}

/// An output that becomes an input of the sequence's next request.
package struct TritonState: Hashable, Sendable {
    package var input: String
    package var output: String

    package init(input: String = "", output: String = "") {
        self.input = input
        self.output = output
    }
}

/// What a configuration declares of a model's tensors.
package struct TritonDeclaration: Hashable, Sendable {
    /// Rows at most; 0 where the first dimension is no batch.
    package var maximumRows: Int
    package var inputs: [TritonTensor]
    package var outputs: [TritonTensor]
    package var states: [TritonState]

    package init(
        maximumRows: Int = 0, inputs: [TritonTensor] = [], outputs: [TritonTensor] = [], states: [TritonState] = []
    ) {
        self.maximumRows = maximumRows
        self.inputs = inputs
        self.outputs = outputs
        self.states = states
    }
}

/// Models of the house that run one after the other.
package struct TritonEnsemble: Hashable, Sendable {
    /// One of them.
    package struct Step: Hashable, Sendable {
        package var model = ""
        /// `nil` for the newest that is served.
        package var version: Int?
        /// The model's inputs and the tensors of the ensemble that they take.
        package var inputs: [Binding] = []
        /// The model's outputs and the tensors of the ensemble that they become.
        package var outputs: [Binding] = []
        package var place = TextPlace(line: 1, column: 1)

        package init() {}
    }

    /// A model's tensor and the ensemble's.
    package struct Binding: Hashable, Sendable {
        package var name: String
        package var tensor: String

        package init(name: String, tensor: String) {
            self.name = name
            self.tensor = tensor
        }
    }

    package var inputs: [String] = []
    package var outputs: [String] = []
    package var steps: [Step] = []

    package init() {}
}
