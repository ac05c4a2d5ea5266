import Tensors

/// Puts ensembles behind their models, and leaves out those whose models are.
enum EnsembleOrder {
    static func settle(_ house: inout House) {
        var settled = house.models.filter { if case .versions = $0.body { true } else { false } }
        var waiting = house.models.filter { if case .ensemble = $0.body { true } else { false } }
        // Ensembles of ensembles: round by round, until no round settles one more.
        while true {
            let known = Set(settled.map(\.original))
            let ready = waiting.filter { steps($0).allSatisfy { known.contains($0.model) } }
            guard !ready.isEmpty else { break }
            settled += ready
            waiting.removeAll { model in ready.contains { $0.original == model.original } }
        }
        let known = Set(settled.map(\.original))
        for model in waiting {
            let missing = steps(model).first { !known.contains($0.model) }?.model ?? ""
            house.leftOut.append(
                House.LeftOut(
                    name: model.original, reason: "it needs \(missing.quoted), which is not imported",
                    advice: "bring that model first, or write a pipeline: docs/pipelines.md"))
        }
        house.models = settled
    }

    private static func steps(_ model: HouseModel) -> [TritonEnsemble.Step] {
        if case .ensemble(let ensemble) = model.body { ensemble.steps } else { [] }
    }
}
