/// Where it is known how often two versions answer the same input differently: a sample of the requests to one is put to the
/// other as well, beside the live path.
package protocol AnswerPairs: Sendable {
    /// Begins to compare the versions of a rollout, or goes on after a restart.
    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy) async

    /// What was compared since the last time.
    func take(_ subject: RolloutSubject) async -> PairTally

    /// Compares no longer.
    func close(_ subject: RolloutSubject) async
}

/// Inputs that both versions answered.
package struct PairTally: Hashable, Sendable {
    package var compared: Int
    /// Of these, those on which the answers differ by more than what counts as equal.
    package var differing: Int
    /// The candidate's loss less the stable version's, where a label came for an input that both answered: from -1 to 1.
    package var losses: [Double] = []
    /// Labels that came for answers of either.
    package var labels = LabelTally()

    package init(compared: Int = 0, differing: Int = 0) {
        self.compared = compared
        self.differing = differing
    }
}
