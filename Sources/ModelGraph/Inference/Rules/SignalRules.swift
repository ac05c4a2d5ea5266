import Tensors

/// Fourier transforms and windows.
enum SignalRules {
    static let table: [String: InferenceRule] = [
        "DFT": { facts in [.tensor(facts.element(0), try transformed(facts))] },
        "STFT": { facts in [.tensor(facts.element(0), frames(facts))] },
        "MelWeightMatrix": { facts in
            let bins = facts.integers(1)?.first.map { $0.floorDivided(by: 2) + .fixed(1) }
            let count = facts.integers(0)?.first
            return [.tensor(facts.elementType("output_datatype") ?? .float32, [bins ?? .unknown, count ?? .unknown])]
        },
        "HannWindow": window,
        "HammingWindow": window,
        "BlackmanWindow": window,
    ]

    private static func window(_ facts: NodeFacts) -> [Fact] {
        [.tensor(facts.elementType("output_datatype") ?? .float32, [facts.integers(0)?.first ?? .unknown])]
    }

    private static func transformed(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard var sizes = facts.sizes(0), sizes.count >= 2 else { return nil }
        let given: Int?
        if facts.opset >= 20 {
            given = facts.isGiven(2) ? facts.fixedIntegers(2)?.first : -2
        } else {
            given = facts.int("axis") ?? 1
        }
        sizes[sizes.count - 1] = .fixed(2)
        guard let given else { return [Size](repeating: .unknown, count: sizes.count) }
        let axis = try facts.axis(given, rank: sizes.count)
        if facts.isGiven(1) { sizes[axis] = facts.integers(1)?.first ?? .unknown }
        guard facts.flag("onesided") else { return sizes }
        guard facts.flag("inverse") else {
            sizes[axis] = sizes[axis].floorDivided(by: 2) + .fixed(1)
            return sizes
        }
        // Half a spectrum back to real numbers.
        sizes[sizes.count - 1] = .fixed(1)
        if !facts.isGiven(1) { sizes[axis] = (sizes[axis] - .fixed(1)) * .fixed(2) }
        return sizes
    }

    private static func frames(_ facts: NodeFacts) -> [Size]? {
        guard let signal = facts.sizes(0), signal.count >= 2 else { return nil }
        let length = facts.integers(3)?.first ?? facts.sizes(2)?.first
        guard let length, let step = facts.integers(1)?.first?.fixed else {
            return [signal[0], .unknown, .unknown, .fixed(2)]
        }
        let count = (signal[1] - length).floorDivided(by: step) + .fixed(1)
        let isHalf = facts.flag("onesided", default: true)
        return [signal[0], count, isHalf ? length.floorDivided(by: 2) + .fixed(1) : length, .fixed(2)]
    }
}
