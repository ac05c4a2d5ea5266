import Compress

/// What an optimisation came to, in sentences that need no figure beside them.
struct OptimisationWords {
    let record: OptimisationRecord

    private typealias Candidate = OptimisationRecord.Candidate

    /// `digits:1: 3.9 times as small, 1.8 times as fast`.
    var title: String {
        let subject = InertText.text(record.subject)
        guard let winner = record.winner else { return "\(subject): the original is kept" }
        let gains = [sizeGain(winner), timeGain(winner)].compactMap(\.self)
        return "\(subject): "
            + (gains.isEmpty ? "another model that answers alike" : gains.joined(separator: ", "))
    }

    var lead: [String] { [outcome, answers, others].compactMap(\.self) }

    /// `accuracy`, `agreement`: a heading over what candidates are judged by.
    var qualityName: String {
        let all = [record.original] + record.candidates
        if all.contains(where: { $0.quality?.accuracy != nil }) { return "accuracy" }
        return all.contains { $0.quality?.topAgreement != nil } ? "agreement" : "cosine"
    }

    /// By what candidates are held against each other; the original agrees with itself.
    func quality(_ candidate: OptimisationRecord.Candidate) -> Double? {
        let isOriginal = candidate.name == record.original.name && candidate.steps.isEmpty
        switch qualityName {
        case "accuracy": return candidate.quality?.accuracy
        case "agreement": return candidate.quality?.topAgreement ?? (isOriginal ? 1 : nil)
        default: return candidate.quality?.cosine ?? (isOriginal ? 1 : nil)
        }
    }

    /// `97.91 %`, or a cosine as it is.
    func qualityText(_ value: Double?) -> String {
        guard let value else { return "–" }
        return qualityName == "cosine" ? Quantity.fixed(value, 5) : Quantity.percent(value)
    }

    // MARK: - Sentences

    private var outcome: String {
        guard let winner = record.winner else {
            let reason = record.reason.map { ": \(InertText.text($0))" } ?? ""
            return "The original is kept\(reason)."
        }
        let gains = [sizeGain(winner).map { "\($0) (\(sizes(winner)))" }, time(winner)].compactMap(\.self)
        let what = gains.isEmpty ? "" : " It is \(gains.joined(separator: ", and "))."
        return "\(InertText.text(winner.name)) was chosen.\(what)"
    }

    private var answers: String? {
        guard let winner = record.winner, let quality = winner.quality else { return nil }
        let on = ", measured on \(InertText.text(quality.measuredOn))"
        if let before = record.original.quality?.accuracy, let after = quality.accuracy {
            return "Accuracy \(change(before, after))\(on).\(allowed)"
        }
        if let top = quality.topAgreement {
            return "Its largest score is where the original's is in \(Quantity.percent(top)) of rows\(on); what the "
                + "right answers are is not known.\(allowed)"
        }
        return quality.cosine.map {
            "Its answers point where the original's do (cosine \(Quantity.fixed($0, 5)))\(on).\(allowed)"
        }
    }

    private func change(_ before: Double, _ after: Double) -> String {
        let points = Quantity.fixed((before - after).magnitude * 100, 2)
        let ends = "(\(Quantity.percent(before)) before, \(Quantity.percent(after)) after)"
        if (before - after).magnitude < 0.00005 { return "is as it was, \(Quantity.percent(after))" }
        let unit = points == "1.00" ? "point" : "points"
        return before > after ? "falls by \(points) \(unit) \(ends)" : "rises by \(points) \(unit) \(ends)"
    }

    private var allowed: String {
        record.demands?.largestDrop.map { " \(Quantity.fixed($0 * 100, 2)) points may be lost." } ?? ""
    }

    private var others: String? {
        let rest = record.candidates.filter { $0.name != record.chosen }
        guard !rest.isEmpty else { return nil }
        let refused = rest.count { !$0.isAccepted }
        let were = rest.count == 1 ? "1 other was tried" : "\(rest.count) others were tried"
        return refused == 0
            ? "\(were)." : "\(were), of which \(refused) \(refused == 1 ? "was" : "were") not acceptable."
    }

    // MARK: - Gains

    private func sizes(_ candidate: Candidate) -> String {
        "\(Quantity.bytes(record.original.bytes)) to \(Quantity.bytes(candidate.bytes))"
    }

    /// `3.9 times as small`; `nil` where it is not.
    private func sizeGain(_ candidate: Candidate) -> String? {
        guard candidate.bytes > 0, record.original.bytes > 0 else { return nil }
        let factor = Double(record.original.bytes) / Double(candidate.bytes)
        return factor >= 1.01 ? "\(Quantity.fixed(factor, factor < 1.1 ? 2 : 1)) times as small" : nil
    }

    /// `1.8 times as fast`; `nil` where that cannot be told.
    private func timeGain(_ candidate: Candidate) -> String? {
        guard let factor = Self.speed(record.original.latency, candidate.latency) else { return nil }
        return "\(Quantity.fixed(factor, 2)) times as fast"
    }

    private func time(_ candidate: Candidate) -> String? {
        guard let before = record.original.latency, let after = candidate.latency else { return nil }
        let ends = "\(Self.milliseconds(before.p50)) to \(Self.milliseconds(after.p50)) a run"
        if let gain = timeGain(candidate) { return "\(gain) (\(ends))" }
        return after.p50 > before.p50 * (1 + 2 * Self.noise(before, after))
            ? "slower (\(ends))" : "no faster that could be told (\(ends))"
    }

    /// How many times as fast, where that is more than runs differ by anyway.
    static func speed(
        _ before: OptimisationRecord.Latency?, _ after: OptimisationRecord.Latency?
    ) -> Double? {
        guard let before, let after, after.p50 > 0 else { return nil }
        let factor = before.p50 / after.p50
        return factor > 1 + noise(before, after) ? factor : nil
    }

    private static func noise(
        _ before: OptimisationRecord.Latency, _ after: OptimisationRecord.Latency
    ) -> Double { max(before.noise ?? 0.03, after.noise ?? 0.03) }

    /// `17.6 µs`, `0.42 ms` as `420 µs`, `3.20 ms`.
    static func milliseconds(_ value: Double) -> String {
        value > 0 && value < 0.1 ? "\(Quantity.fixed(value * 1e3, 1)) µs" : Quantity.seconds(value / 1e3)
    }
}
