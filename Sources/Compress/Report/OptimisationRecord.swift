/// All that an optimisation found, as one value: what was there, what was tried, what was chosen, what became of each layer.
///
/// The search fills it in the limited child, the report is drawn from it, and it is what `--json` has. What is not known is
/// `nil` and left out of both. It travels as `JSONValue`, because the rooms below `Control` know no Foundation and so no
/// `Codable` of JSON: `json` writes it, `init(json:)` reads it again.
///
/// Names of nodes, inputs and files are a stranger's text: whoever shows them escapes them.
package struct OptimisationRecord: Hashable, Sendable {
    /// What came of it all.
    package enum Outcome: String, Hashable, Sendable {
        /// A candidate was chosen.
        case improved
        /// Nothing better was found.
        case unchanged
        /// What was made is worse than what was there.
        case refused
    }

    /// What was optimised: `digits:1`, or a file's name.
    package var subject: String
    package var outcome: Outcome
    /// Why the original is kept, where it is.
    package var reason: String?
    package var original: Candidate
    /// What was tried, in that order, the original not among them.
    package var candidates: [Candidate] = []
    /// The name of the candidate that was chosen; `nil`: the original is kept.
    package var chosen: String?
    /// What was asked of the result.
    package var demands: Demands?
    /// Passes over the graph that changed something or were undone.
    package var passes: [Pass] = []
    /// Each layer of the original, in the order of the graph, with what the chosen candidate made of it (without one: the
    /// last that was tried).
    package var layers: [Layer] = []
    /// Where the layers' shares of time come from: `the engine's profile of 20 runs`, `estimated from operations`.
    package var timing: String?
    /// What a person should know, a sentence each.
    package var notes: [String] = []
    package var setting = Setting()

    package init(subject: String, outcome: Outcome = .unchanged, original: Candidate) {
        self.subject = subject
        self.outcome = outcome
        self.original = original
    }

    /// The chosen candidate; `nil`: the original is kept.
    package var winner: Candidate? { chosen.flatMap { name in candidates.first { $0.name == name } } }
}

// MARK: - Candidates

extension OptimisationRecord {
    /// A model that was made, or the one that was there.
    package struct Candidate: Hashable, Sendable {
        /// Unique in its record, such as `int8` or `prune 40% + int8`.
        package var name: String
        /// How it was made of the original, first step first; empty for the original.
        package var steps: [Step] = []
        /// Of the file.
        package var bytes: Int
        /// Elements of weights.
        package var parameters: Int?
        package var nodes: Int?
        /// Estimated, for one row.
        package var flops: Int?
        package var latency: Latency?
        package var quality: Quality?
        /// Whether all that was asked is kept.
        package var isAccepted = true
        /// Why not, or what else is to be said of it.
        package var reason: String?
        /// Whether no other is better in one thing and as good in the rest; `nil` where nobody looked.
        package var isOnFront: Bool?

        package init(_ name: String, bytes: Int, steps: [Step] = []) {
            self.name = name
            self.bytes = bytes
            self.steps = steps
        }
    }

    /// One step of a recipe: `int8`, with `calibrator` `mse`.
    package struct Step: Hashable, Sendable {
        package var name: String
        /// In the order in which they are to be shown.
        package var parameters: [Parameter]

        package init(_ name: String, _ parameters: [Parameter] = []) {
            self.name = name
            self.parameters = parameters
        }
    }

    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How long a run takes on this machine.
    package struct Latency: Hashable, Sendable {
        /// Milliseconds, the middle of all runs.
        package var p50: Double
        /// Milliseconds.
        package var p99: Double?
        /// How far runs of one model lie apart, as a share: what is smaller than that says nothing.
        package var noise: Double?
        /// `ONNX Runtime 1.31.1`.
        package var engine: String
        /// In one run.
        package var rows: Int
        package var threads: Int?
        package var runs: Int?

        package init(p50: Double, engine: String, rows: Int = 1) {
            self.p50 = p50
            self.engine = engine
            self.rows = rows
        }
    }

    /// How well it answers.
    package struct Quality: Hashable, Sendable {
        /// On rows with known answers, from 0 to 1.
        package var accuracy: Double?
        /// The share of rows whose largest score is where the original's is, from 0 to 1.
        package var topAgreement: Double?
        /// Of answers with the original's, up to 1.
        package var cosine: Double?
        /// Signal to noise of answers against the original's, in decibels.
        package var decibels: Double?
        /// What it was measured with: `239 rows of held-out.npz`.
        package var measuredOn: String
        package var samples: Int?

        package init(measuredOn: String, samples: Int? = nil) {
            self.measuredOn = measuredOn
            self.samples = samples
        }

        /// What is to be kept: accuracy where answers are known, else agreement with the original.
        package var value: Double? { accuracy ?? topAgreement ?? cosine }

        /// What `value` is, in words.
        package var words: String {
            if accuracy != nil { return "accuracy" }
            return topAgreement != nil ? "agreement with the original" : "cosine with the original's answers"
        }
    }

    /// What was asked of the result; shares from 0 to 1.
    package struct Demands: Hashable, Sendable {
        package var largestDrop: Double?
        package var largestMilliseconds: Double?
        package var largestBytes: Int?
        /// `edge`.
        package var purpose: String?

        package init() {}
    }
}

// MARK: - Layers, passes, setting

extension OptimisationRecord {
    /// One node of the original and what became of it.
    package struct Layer: Hashable, Sendable {
        package var node: String
        package var operatorType: String
        package var isChanged: Bool
        /// What was done, or why not.
        package var action: String
        /// Signal to noise of what it makes, in decibels.
        package var decibels: Double?
        /// Of the time of a run, from 0 to 1; in the original and in the result.
        package var shareBefore: Double?
        package var shareAfter: Double?
        /// Of its weights, in the file.
        package var bytesBefore: Int?
        package var bytesAfter: Int?
        /// How its largest weight is spread, where that tells something.
        package var weightsBefore: Histogram?
        package var weightsAfter: Histogram?

        package init(_ node: String, _ operatorType: String, isChanged: Bool = false, action: String = "") {
            self.node = node
            self.operatorType = operatorType
            self.isChanged = isChanged
            self.action = action
        }
    }

    /// How numbers are spread: counts of equally wide intervals.
    package struct Histogram: Hashable, Sendable {
        package var least: Double
        package var most: Double
        package var counts: [Int]
        /// Values that occur, where they are few: 255 in 8 bits.
        package var levels: Int?

        package init(least: Double, most: Double, counts: [Int], levels: Int? = nil) {
            self.least = least
            self.most = most
            self.counts = counts
            self.levels = levels
        }
    }

    /// A pass over the graph.
    package struct Pass: Hashable, Sendable {
        package var name: String
        /// Nodes or constants that were removed, replaced or merged.
        package var count: Int
        /// Whether its work is in the result.
        package var isKept: Bool
        /// Why not.
        package var reason: String?

        package init(_ name: String, count: Int, isKept: Bool = true, reason: String? = nil) {
            self.name = name
            self.count = count
            self.isKept = isKept
            self.reason = reason
        }
    }

    /// Where, when and with what it was measured.
    package struct Setting: Hashable, Sendable {
        /// Processor, cores and memory in a line.
        package var machine: String?
        /// The engine that judged: `ONNX Runtime 1.31.1`.
        package var engine: String?
        /// The engine that the result is for, where it is another.
        package var target: String?
        /// What ranges were found with: `400 rows of train.npz`, `made-up inputs`.
        package var calibration: String?
        package var seed: Int?
        /// `2026-11-22T08:00:00Z`.
        package var date: String?
        /// What to type to have it again.
        package var command: String?
        /// `slipway 0.9.0`.
        package var program: String?
        /// Of the original and of the result, `sha256:…`.
        package var digestBefore: String?
        package var digestAfter: String?
        /// What the engine made of the result: `53/53 Conv in integer kernels`.
        package var kernels: String?

        package init() {}
    }
}
