import Drift
package import Tensors

/// What two versions answered to the same inputs: a value in fixed memory.
///
/// The base is the version that is trusted, the candidate the one that is looked at, whichever of them answered the client.
package struct VersionComparison: Sendable {
    /// The answers to one request.
    package struct Pair: Sendable {
        /// One for each output that is compared; `nil` for those nobody asked for.
        package var base: [Tensor?]
        /// The same outputs; `nil` where the candidate gave no answer.
        package var candidate: [Tensor?]?
        /// Inputs of a batch; `nil` where the first dimension is none of rows.
        package var rows: Int?
        /// Runs of the graph alone.
        package var baseSeconds: Double?
        package var candidateSeconds: Double?

        package init(
            base: [Tensor?], candidate: [Tensor?]?, rows: Int?, baseSeconds: Double? = nil,
            candidateSeconds: Double? = nil
        ) {
            self.base = base
            self.candidate = candidate
            self.rows = rows
            self.baseSeconds = baseSeconds
            self.candidateSeconds = candidateSeconds
        }
    }

    /// Outputs that are looked at; a model with more is compared by its first ones.
    package static let mostOutputs = 32

    package let rule: AnswerRule
    package private(set) var outputs: [OutputComparison]
    /// Requests that both were asked.
    package private(set) var pairs = 0
    /// Of those, one input each: how many answers to it differ. Inputs of one request belong together, so that evidence
    /// takes only one of them.
    package private(set) var differing = 0
    /// Inputs, and those whose answers differ.
    package private(set) var rows = 0
    package private(set) var differingRows = 0
    /// Requests that the candidate did not answer.
    package private(set) var failed = 0
    /// The reason of the last of them.
    package private(set) var lastFailure: String?
    private var baseTime = FeatureSketch(.number)
    private var candidateTime = FeatureSketch(.number)

    /// - Parameter classes: names of classes by number, where there are some.
    package init(outputs: [String], classes: [String] = [], rule: AnswerRule = AnswerRule()) {
        self.rule = rule
        self.outputs = outputs.prefix(Self.mostOutputs).map { OutputComparison(name: $0, classes: classes) }
    }

    /// Takes in the answers to one request.
    ///
    /// A row differs where an output of classes, whole numbers or texts does; where there are none, where numbers do.
    ///
    /// - Parameters:
    ///   - failure: why there is no answer of the candidate.
    ///   - input: the input of a row, where it may be kept.
    /// - Returns: whether the answers to one of its inputs, chosen by chance, differ.
    @discardableResult
    package mutating func add(
        _ pair: Pair, failure: String? = nil, input: (Int) -> JSONValue? = { _ in nil }
    ) -> Bool {
        let count = max(1, pair.rows ?? 1)
        pairs += 1
        rows += count
        if let seconds = pair.baseSeconds { baseTime.add(seconds) }
        if let seconds = pair.candidateSeconds { candidateTime.add(seconds) }
        guard let candidate = pair.candidate else {
            failed += 1
            lastFailure = failure
            differing += 1
            differingRows += count
            return true
        }
        let differs = compare(pair, candidate, count, input)
        differingRows += differs.count { $0 }
        let chosen = differs[Int(Self.mixed(UInt64(pairs)) % UInt64(differs.count))]
        if chosen { differing += 1 }
        return chosen
    }

    private mutating func compare(
        _ pair: Pair, _ candidate: [Tensor?], _ count: Int, _ input: (Int) -> JSONValue?
    ) -> [Bool] {
        var decided = [Bool](repeating: false, count: count)
        var numbers = decided
        var isDecided = false
        for index in outputs.indices where index < pair.base.count {
            guard let base = pair.base[index] else { continue }
            let other = candidate.indices.contains(index) ? candidate[index] : nil
            let finding = outputs[index].add(base, other, rows: pair.rows, rule, input: input)
            if finding.decides { isDecided = true }
            for row in 0..<count where finding.differs[row] {
                if finding.decides { decided[row] = true } else { numbers[row] = true }
            }
        }
        return isDecided ? decided : numbers
    }

    /// SplitMix64: which input of a request counts is the same in every process, and has nothing to do with its place.
    private static func mixed(_ seed: UInt64) -> UInt64 {
        var value = seed &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// The share of inputs whose answers are the same; `nil` before the first.
    package var agreement: Double? { rows > 0 ? 1 - Double(differingRows) / Double(rows) : nil }

    package var json: JSONValue {
        .object([
            ("pairs", .integer(pairs)), ("differing", .integer(differing)), ("rows", .integer(rows)),
            ("differingRows", .integer(differingRows)),
            ("agreement", agreement.map(JSONValue.number) ?? .null), ("failed", .integer(failed)),
            ("lastFailure", lastFailure.map(JSONValue.string) ?? .null),
            ("tolerance", .number(rule.relative)),
            ("outputs", .array(outputs.filter { $0.rows > 0 }.map(\.json))),
            ("seconds", .object([("base", baseTime.spread), ("candidate", candidateTime.spread)])),
        ])
    }
}
