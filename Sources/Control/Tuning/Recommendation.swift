package import Engines
package import Release
package import Tensors

/// Which deployment meets a load, a latency and a cost, by what was measured.
package struct Recommendation: Hashable, Sendable {
    /// What has to be met.
    package struct Demand: Hashable, Sendable {
        /// Requests a second.
        package var rate: Double
        package var objective: TuningObjective?
        /// What a machine like the measured one costs an hour.
        package var price: Double?
        /// The most that all may cost an hour.
        package var cost: Double?

        package init(rate: Double, objective: TuningObjective?, price: Double? = nil, cost: Double? = nil) {
            (self.rate, self.objective, self.price, self.cost) = (rate, objective, price, cost)
        }
    }

    package enum Form: String, Hashable, Sendable {
        /// One core of such a machine is enough: a small device will do.
        case edge
        case oneProcess = "one process"
        case replicas
    }

    package var form: Form
    /// Machines, with one process each.
    package var machines: Int
    package var machine: Machine
    package var setup: TuningSetup
    package var batching: BatchingChoice
    /// Requests a second that one process was measured to answer within the objective.
    package var capacity: Double
    /// What all of it costs an hour; `nil` without a price.
    package var hourly: Double?
    /// Resident bytes of one process.
    package var residentBytes: Int?

    /// The share of the measured capacity that is planned with: bursts, and figures of another day.
    package static let headroom = 0.8

    /// How busy each machine would be.
    package func utilisation(_ demand: Demand) -> Double { demand.rate / (Double(machines) * capacity) }

    /// What a million requests cost.
    package func perMillion(_ demand: Demand) -> Double? { hourly.map { $0 / (demand.rate * 3600) * 1e6 } }

    /// Everything measured that meets the demand, the least machines first; of equals, that which needs least of one.
    package static func all(for demand: Demand, from evidence: [TuningEvidence]) -> [Recommendation] {
        var found: [Recommendation] = []
        for tuning in evidence {
            for serving in tuning.servings {
                guard let one = Recommendation(demand, serving, tuning.machine) else { continue }
                if let cost = demand.cost, let hourly = one.hourly, hourly > cost { continue }
                let isKnown = found.contains {
                    $0.setup == one.setup && $0.batching == one.batching && $0.machine.identity == one.machine.identity
                }
                // The newest measurement of a way counts.
                if !isKnown { found.append(one) }
            }
        }
        return found.sorted { one, other in
            let (left, right) = (one.setup.threads * one.setup.instances, other.setup.threads * other.setup.instances)
            if one.machines != other.machines { return one.machines < other.machines }
            return left == right ? one.capacity > other.capacity : left < right
        }
    }

    private init?(_ demand: Demand, _ serving: TuningServing, _ machine: Machine) {
        let capacity = serving.promise(demand.objective)
        guard capacity > 0, demand.rate > 0 else { return nil }
        let needed = (demand.rate / (capacity * Self.headroom)).rounded(.up)
        guard needed < 1e6 else { return nil }
        machines = max(1, Int(needed))
        let cores = serving.setup.threads * serving.setup.instances
        form = machines > 1 ? .replicas : cores == 1 && machine.cores > 1 ? .edge : .oneProcess
        (self.machine, setup, batching, self.capacity) = (machine, serving.setup, serving.batching, capacity)
        residentBytes = serving.residentBytes
        hourly = demand.price.map { $0 * Double(machines) }
    }

    /// The latency nearest to the objective that was measured at any rate, in seconds; `nil` where none was.
    package static func nearest(_ objective: TuningObjective, from evidence: [TuningEvidence]) -> Double? {
        guard let index = TuningPoint.quantiles.firstIndex(of: objective.quantile) else { return nil }
        return evidence.flatMap(\.servings).flatMap(\.points)
            .compactMap { $0.isWhole && index < $0.latencies.count ? $0.latencies[index] : nil }.min()
    }

    /// As it is printed.
    package func json(_ demand: Demand) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        return .object([
            ("form", .string(form.rawValue)), ("machines", .integer(machines)), ("machine", machine.json),
            ("engine", .string(setup.engine.rawValue)), ("precision", .string(setup.named.precision ?? "fp32")),
            ("threads", .integer(setup.threads)), ("instances", .integer(setup.instances)),
            ("roundingGroup", setup.setting.roundingGroup.map(JSONValue.integer) ?? .null),
            ("batching", .string(batching.description)), ("capacity", .number(capacity)),
            ("utilisation", .number(utilisation(demand))), ("hourly", number(hourly)),
            ("perMillion", number(perMillion(demand))),
            ("residentBytes", residentBytes.map(JSONValue.integer) ?? .null),
        ])
    }
}
