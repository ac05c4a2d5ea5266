import ArgumentParser
import Release
import Tensors

/// Shows what an endpoint's versions answer to the same requests.
struct LiveComparison {
    let endpoint: String
    /// A share of answers, as it was written.
    let failAbove: String?
    let homeOptions: HomeOptions
    let answer: AnswerOptions

    func run() async throws {
        let limit = try failAbove.map { Double(try Share($0).basisPoints) / Double(TrafficSplit.whole) }
        guard let client = ControlClient(try homeOptions.directory()) else {
            throw Failure(
                6004, .unavailable, "no server is running on this home, and answers are compared while it serves",
                help: "start one with: slipway serve")
        }
        let report = try await client.comparison(endpoint)
        let comparisons = report["comparisons"]?.arrayValue ?? []
        answer.answer(report, name: endpoint) {
            comparisons.isEmpty
                ? "nothing is compared at '\(endpoint)': slipway deploy NAME:2 --strategy shadow --share 100% --duration 1h"
                : comparisons.map(ComparedAnswersText.live).joined(separator: "\n\n")
        }
        guard let limit, let newest = comparisons.first?["answers"] else { return }
        let rows = newest["rows"]?.intValue ?? 0
        guard rows > 0 else {
            answer.say("nothing has been compared yet")
            throw ExitCode(1)
        }
        if Double(newest["differingRows"]?.intValue ?? 0) > limit * Double(rows) { throw ExitCode(1) }
    }
}
