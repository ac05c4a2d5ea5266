import ArgumentParser
import Control
import Engines
import Registry
import Release
import Tensors

struct RecommendVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "Says which deployment meets a load, a latency and a cost.",
        discussion: """
            Everything it says was measured by 'slipway tune', on any machine whose figures came along with the version; \
            nothing is guessed. A fifth of what was measured is kept in reserve.
            """)

    @Argument(help: "A version such as digits:3, or a model with one.", completion: Candidates.versions)
    var version: String

    @Option(help: "Requests a second that have to be answered.")
    var rate: Double

    @Option(help: ArgumentHelp("The latency that has to be kept.", valueName: "p99=20ms"))
    var slo: TuningObjective?

    @Option(help: "What a machine like the measured one costs an hour, in any currency.")
    var price: Double?

    @Option(help: "The most that all machines may cost an hour, in the same.")
    var cost: Double?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard rate > 0, rate <= 1e9 else { throw ValidationError("--rate takes more than 0 and at most 1e9 a second") }
        guard (price ?? 1) > 0, (cost ?? 1) > 0, (price ?? 1).isFinite, (cost ?? 1).isFinite else {
            throw ValidationError("--price and --cost take more than 0")
        }
        guard cost == nil || price != nil else { throw ValidationError("--cost goes with --price, that of a machine") }
    }

    func run() throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(try Reference(version))
        let records = TuningRecords(registry, engines: try homeOptions.engines())
        let evidence = try records.all(of: record.digest).map(\.evidence).filter { !$0.servings.isEmpty }
        let command =
            "slipway tune \(record.reference)\(slo.map { " --slo \($0.name)=\(Self.time($0.seconds))" } ?? "")"
        guard !evidence.isEmpty else {
            throw Failure(
                9102, .notFound, "nothing was measured of \(record.reference)", help: "measure it with: \(command)")
        }
        let demand = Recommendation.Demand(rate: rate, objective: slo, price: price, cost: cost)
        let found = Recommendation.all(for: demand, from: evidence)
        guard let best = found.first else { throw refusal(demand, evidence, command) }
        answer.answer(
            .object([
                ("version", .string(record.reference.description)), ("recommended", best.json(demand)),
                ("others", .array(found.dropFirst().map { $0.json(demand) })),
            ]), name: best.form.rawValue
        ) { text(found, demand).joined(separator: "\n") }
        let here = Machine.present.identity
        if best.machine.identity == here, best.machines == 1 {
            answer.say("to do it: \(Self.deployment(best, record))")
        }
    }

    private func refusal(_ demand: Recommendation.Demand, _ evidence: [TuningEvidence], _ command: String) -> Failure {
        var free = demand
        free.cost = nil
        if let cheapest = Recommendation.all(for: free, from: evidence).compactMap(\.hourly).min(), let cost {
            return Failure(
                9103, .failed, "nothing that was measured meets this for \(cost) an hour",
                causes: ["the least is \(Quantity.fixed(cheapest, 2)) an hour"], help: "allow more, or a longer latency"
            )
        }
        var causes: [String] = []
        if let slo, let nearest = Recommendation.nearest(slo, from: evidence) {
            causes.append("the shortest \(slo.name) at any rate was \(Quantity.seconds(nearest))")
        }
        return Failure(
            9103, .failed, "nothing that was measured keeps the latency", causes: causes,
            help: "measure with this latency in mind: \(command)")
    }

    private func text(_ found: [Recommendation], _ demand: Recommendation.Demand) -> [String] {
        var table = Table(
            "", "HOW", "BATCHES", ">MACHINES", ">EACH ANSWERS", ">BUSY", ">AN HOUR", ">A MILLION", "MACHINE")
        for (place, one) in found.prefix(8).enumerated() {
            table.add(
                "\(place == 0 ? "→ " : "  ")\(one.form.rawValue)", one.setup.description, one.batching.description,
                Quantity.count(one.machines), TuningText.number(one.capacity),
                Quantity.percent(one.utilisation(demand), places: 0),
                one.hourly.map { Quantity.fixed($0, 2) } ?? "–",
                one.perMillion(demand).map { Quantity.fixed($0, 4) } ?? "–", one.machine.identity)
        }
        var lines = [table.rendered()]
        if let best = found.first, best.form == .edge {
            lines.append("one core of such a machine is enough; nothing was measured on smaller ones")
        }
        return lines
    }

    /// The command that puts it in service here.
    private static func deployment(_ one: Recommendation, _ record: VersionRecord) -> String {
        var words = ["slipway deploy \(record.reference) --engine \(one.setup.engine.rawValue)"]
        words.append("--precision \(one.setup.setting.precision.word)")
        if let group = one.setup.setting.roundingGroup { words.append("--rounding-group \(group)") }
        words.append("--threads \(one.setup.threads) --instances \(one.setup.instances)")
        switch one.batching {
        case .auto: break
        case .off: words.append("--batch off")
        case .named(let batching):
            words.append("--batch \(batching.rows)")
            if batching.delay > 0 { words.append("--batch-delay \(batching.delay)") }
        }
        return words.joined(separator: " ")
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 1 ? "\(Quantity.fixed(seconds * 1000, seconds < 0.01 ? 1 : 0))ms" : "\(Quantity.fixed(seconds, 1))s"
    }
}
