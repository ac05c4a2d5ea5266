/// What an engine is told besides the graph that changes how exactly, and how fast, it answers.
package struct EngineSetting: Hashable, Sendable {
    package var precision: SessionOptions.Precision
    /// As `SessionOptions.roundingGroup`.
    package var roundingGroup: Int?

    package init(precision: SessionOptions.Precision = .float32, roundingGroup: Int? = nil) {
        self.precision = precision
        self.roundingGroup = roundingGroup
    }

    /// What an engine does that is told nothing: 32-bit floats, and groups of its own.
    package static let usual = EngineSetting()

    /// More numbers than this in a group is a slip of the pen.
    package static let largestGroup = 65_536

    /// As people read it, such as `bf16` or `groups of 128`; empty for what is usual.
    package var words: String {
        let parts = [
            precision == .float32 ? nil : precision == .float16 ? "fp16 arithmetic" : precision.word,
            roundingGroup.map { "groups of \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    /// The options of `slipway deploy` that ask for it, each behind a space.
    package var arguments: String {
        (precision == .float32 ? "" : " --precision \(precision.word)")
            + (roundingGroup.map { " --rounding-group \($0)" } ?? "")
    }

    /// Puts it into a session's options.
    package func apply(to options: inout SessionOptions) {
        options.precision = precision
        options.roundingGroup = roundingGroup
    }

    /// Why an engine does not do it on a machine, or does it no faster; `nil` where it is worth a try.
    ///
    /// Source: OpenVINO's CPU plugin computes in BF16 with AVX-512 BF16 or AMX, in FP16 with AVX-512 FP16 or on ARM, and
    /// rounds the activations of products with 8-bit weights where bytes are multiplied and added up in 32 bits (VNNI).
    package func obstacle(on engine: EngineKind, _ machine: Machine) -> String? {
        func has(_ names: [String]) -> Bool { !Set(names).isDisjoint(with: machine.extensions) }
        switch precision {
        case .float32: break
        case .bfloat16:
            guard engine == .openVINO else {
                return "\(engine.displayName) has no arithmetic in bf16 on processors; OpenVINO has"
            }
            guard has(["avx512_bf16", "amx_bf16", "bf16"]) else { return "this processor has no such arithmetic" }
        case .float16:
            guard engine == .openVINO else {
                return
                    "\(engine.displayName) has no such kernels on processors: it would widen and narrow numbers at each node"
            }
            guard has(["avx512_fp16", "asimdhp"]) else {
                return "no kernel computes in 16-bit floats on this processor, which can only store them"
            }
        }
        guard roundingGroup != nil else { return nil }
        guard engine == .openVINO else { return "only OpenVINO rounds activations by groups" }
        return has(["avx512_vnni", "avx_vnni"])
            ? nil : "OpenVINO rounds activations only on processors that multiply bytes (VNNI), and this one does not"
    }
}

extension SessionOptions.Precision {
    /// As deployments, recipes and tunings name it: `fp32`, `bf16`, `fp16`.
    package var word: String {
        switch self {
        case .float32: "fp32"
        case .bfloat16: "bf16"
        case .float16: "fp16"
        }
    }

    /// - Parameter word: as `word`, or the type's whole name.
    /// - Returns: `nil` for what names none.
    package init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word || $0.rawValue == word }) else { return nil }
        self = found
    }
}

extension SessionOptions {
    /// The part of the options that changes answers.
    package var setting: EngineSetting { EngineSetting(precision: precision, roundingGroup: roundingGroup) }

    /// For engines that have one way to compute.
    ///
    /// - Throws: `EngineError.Code.unsupported` for a setting.
    func requireUsualSetting(_ kind: EngineKind) throws(EngineError) {
        guard precision == .float32 else {
            throw EngineError(
                .unsupported, kind,
                "precision \(precision.rawValue) is not offered; choose float32, or the engine OpenVINO")
        }
        guard let roundingGroup else { return }
        throw EngineError(
            .unsupported, kind,
            "activations are not rounded by groups of \(roundingGroup) here; leave the group out, or choose the engine OpenVINO"
        )
    }
}
