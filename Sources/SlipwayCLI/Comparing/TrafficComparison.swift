import ArgumentParser
import Control
import Registry
import Release
import Tensors
import Workshop

/// Asks two versions what an endpoint's clients have asked, without any of them noticing.
struct TrafficComparison {
    let a: String
    let b: String
    /// The endpoint whose requests were recorded; the model's name when `nil`.
    let endpoint: String?
    /// A share of answers, as it was written.
    let maxDisagreement: String?
    let most: Int
    let homeOptions: HomeOptions
    let answer: AnswerOptions

    func run() async throws {
        let limit = try maxDisagreement.map { Double(try Share($0).basisPoints) / Double(TrafficSplit.whole) }
        let registry = try homeOptions.registry()
        let (base, candidate) = (try side(a, registry), try side(b, registry))
        let traffic = try TrafficRecord(endpoint, of: a, homeOptions)
        let name = traffic.endpoint
        let request = ReplayRequest(
            base: base, candidate: candidate, files: traffic.segments.reversed().map(\.path), most: most,
            without: traffic.without)
        let report = try await ChildRunner().replay(request, engineDirectories: [homeOptions.engineDirectory()])
        answer.answer(report, name: name.text) {
            (["\(b) beside \(a), on \(report["requests"]?.intValue ?? 0) recorded requests of '\(name)'"]
                + [refused(report), report["answers"].map(ComparedAnswersText.answers)].compactMap(\.self))
                .joined(separator: "\n")
        }
        guard let limit else { return }
        let answers = report["answers"]
        let rows = answers?["rows"]?.intValue ?? 0
        let differing = answers?["differingRows"]?.intValue ?? 0
        if rows == 0 || Double(differing) > limit * Double(rows) { throw ExitCode(1) }
    }

    private func refused(_ report: JSONValue) -> String? {
        guard let count = report["refused"]?.intValue, count > 0 else { return nil }
        return "  \(count) were not answered by \(a): \(report["lastRefusal"]?.stringValue ?? "no reason")"
    }

    private func side(_ text: String, _ registry: ModelRegistry) throws -> ReplayRequest.Side {
        let record = try registry.resolve(try Reference(text))
        guard try registry.pipeline(record.digest) == nil else {
            throw WorkshopError(.evaluation, "\(record.reference) is a pipeline, which is not asked again offline")
        }
        return ReplayRequest.Side(
            path: try registry.modelFilePath(record.digest),
            description: String(decoding: try registry.description(record.digest).encoded(), as: UTF8.self))
    }
}
