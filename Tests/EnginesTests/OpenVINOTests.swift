import Tensors
import Testing

@testable import Engines

/// What only OpenVINO does.
@Suite struct OpenVINOOnly {
    @Test func stringsAreUnsupportedAndSayWhatToUse() throws {
        let error = #expect(throws: EngineError.self) { try Fixtures.session("identity_string", on: .openVINO) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasSuffix("OpenVINO's C interface cannot pass; use ONNX Runtime") == true)
    }

    @Test(arguments: [Int64(Int32.max) + 1, Int64(Int32.min) - 1, .max, .min])
    func integersOver32BitsAreRefusedInsteadOfCutOff(_ value: Int64) throws {
        let session = try Fixtures.session("identity_int64", on: .openVINO)
        let error = #expect(throws: EngineError.self) {
            try session.run([Tensor(.int64, Shape([2]), values: [1, value])])
        }
        #expect(error?.code == .invalidInput)
        let limits = [Int64(Int32.max), Int64(Int32.min)]
        #expect(try session.run([Tensor(.int64, Shape([2]), values: limits)])[0].values(as: Int64.self) == limits)
    }

    @Test func whatHasNoSignIsRefusedAsWell() throws {
        let long = try Fixtures.session("identity_uint64", on: .openVINO)
        let word = try Fixtures.session("identity_uint32", on: .openVINO)
        for (session, tensor) in [
            (long, try Tensor(.uint64, Shape([2]), values: [1, 1 << 32 + 1] as [UInt64])),
            (word, try Tensor(.uint32, Shape([2]), values: [1, 3_000_000_000] as [UInt32])),
        ] {
            let error = #expect(throws: EngineError.self) { try session.run([tensor]) }
            #expect(error?.code == .invalidInput)
        }
        let limits = [UInt64(Int32.max), 0]
        #expect(try long.run([Tensor(.uint64, Shape([2]), values: limits)])[0].values(as: UInt64.self) == limits)
    }

    @Test func bfloat16RunsWhereTheProcessorHasItAndIsUnsupportedElsewhere() throws {
        let session: any Session
        do {
            session = try Fixtures.session("mlp", on: .openVINO) { $0.precision = .bfloat16 }
        } catch let error as EngineError {
            #expect(error.code == .unsupported)
            return
        }
        let pixels = MLPReference.pixels(rows: 2)
        let scores = try #require(session.run([Fixtures.floats([2, 4], pixels)])[0].floats)
        let worst = zip(scores, MLPReference.scores(pixels)).map { abs($0 - $1) }.max()
        #expect(try #require(worst) < 0.05)
    }

    @Test func activationsAreRoundedInGroupsAndOnlyHere() throws {
        let session = try Fixtures.session("mlp", on: .openVINO) { $0.roundingGroup = 128 }
        let pixels = MLPReference.pixels(rows: 2)
        // Weights in floats: there is nothing to be rounded.
        #expect(try session.run([Fixtures.floats([2, 4], pixels)])[0].floats == MLPReference.scores(pixels))
        for group in [0, -1, EngineSetting.largestGroup + 1] {
            let error = #expect(throws: EngineError.self) {
                try Fixtures.session("mlp", on: .openVINO) { $0.roundingGroup = group }
            }
            #expect(error?.code == .unsupported && error?.message.contains("groups of \(group)") == true)
        }
        let other = #expect(throws: EngineError.self) {
            try Fixtures.session("mlp", on: .onnxRuntime) { $0.roundingGroup = 128 }
        }
        #expect(other?.code == .unsupported && other?.message.contains("choose the engine OpenVINO") == true)
    }

    @Test(
        arguments: [
            (EngineSetting(), EngineKind.onnxRuntime, [], nil),
            (EngineSetting(precision: .bfloat16), .openVINO, ["amx_bf16"], nil),
            (EngineSetting(precision: .bfloat16), .openVINO, ["avx2"], "no such arithmetic"),
            (EngineSetting(precision: .bfloat16), .onnxRuntime, ["amx_bf16"], "OpenVINO has"),
            (EngineSetting(precision: .float16), .openVINO, ["avx512_fp16"], nil),
            (EngineSetting(precision: .float16), .openVINO, ["avx512_bf16"], "only store them"),
            (EngineSetting(precision: .float16), .onnxRuntime, ["avx512_fp16"], "no such kernels"),
            (EngineSetting(roundingGroup: 128), .openVINO, ["avx512_vnni"], nil),
            (EngineSetting(roundingGroup: 128), .openVINO, ["avx2"], "multiply bytes"),
            (EngineSetting(roundingGroup: 128), .liteRT, ["avx512_vnni"], "only OpenVINO"),
        ] as [(EngineSetting, EngineKind, [String], String?)])
    func aSettingIsWorthATryWhereKernelsComputeSo(
        setting: EngineSetting, engine: EngineKind, extensions: [String], reason: String?
    ) {
        let machine = Machine(processor: "P", cores: 1, extensions: extensions)
        let found = setting.obstacle(on: engine, machine)
        #expect(reason.map { found?.contains($0) == true } ?? (found == nil), "\(found ?? "none")")
    }

    @Test func settingsHaveWordsAndOptions() {
        let setting = EngineSetting(precision: .bfloat16, roundingGroup: 64)
        #expect(setting.words == "bf16, groups of 64" && setting.arguments == " --precision bf16 --rounding-group 64")
        #expect(EngineSetting.usual.words.isEmpty && EngineSetting.usual.arguments.isEmpty)
        for precision in SessionOptions.Precision.allCases {
            #expect(SessionOptions.Precision(word: precision.word) == precision)
            #expect(SessionOptions.Precision(word: precision.rawValue) == precision)
        }
        #expect(SessionOptions.Precision(word: "fp8") == nil)
    }

    @Test func moreRunsThanStreamsGetRequestsOfTheirOwn() async throws {
        let session = try Fixtures.session("mlp", on: .openVINO) { $0.concurrentRuns = 1 }
        let pixels = MLPReference.pixels(rows: 1)
        let answers = try await withThrowingTaskGroup(of: [Float]?.self) { group in
            for _ in 0..<16 { group.addTask { try session.run([Fixtures.floats([1, 4], pixels)])[0].floats } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: MLPReference.scores(pixels), count: 16))
    }
}
