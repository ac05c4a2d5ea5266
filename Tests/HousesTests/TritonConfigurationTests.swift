import Houses
import Tensors
import Testing

/// What a configuration of Triton's says, and what becomes of each word of it.
@Suite struct TritonConfigurationTests {
    private static func read(_ text: String) throws -> TritonConfiguration {
        try TritonConfiguration(parsing: Array(text.utf8))
    }

    @Test func whatMattersIsTaken() throws {
        let found = try Self.read(
            """
            name: "m" backend: "onnxruntime" max_batch_size: 16
            input { name: "x" data_type: TYPE_FP32 dims: [ 3, -1 ] format: FORMAT_NCHW }
            output [ { name: "y" data_type: TYPE_STRING dims: 1 label_filename: "l.txt" reshape { shape: [ ] } } ]
            version_policy { specific { versions: [ 3, 1 ] } }
            dynamic_batching { preferred_batch_size: 4 preferred_batch_size: 8 max_queue_delay_microseconds: 50 }
            instance_group { count: 3 kind: KIND_CPU }
            response_cache { enable: true }
            """)
        #expect(found.maximumRows == 16 && found.policy.served(of: [1, 2, 3]) == [1, 3] && found.isCached)
        #expect(found.inputs.first?.dimensions == [3, -1] && found.inputs.first?.type == .float32)
        #expect(found.outputs.first?.type == .string && found.outputs.first?.reshape == [])
        #expect(found.batching?.preferred == [4, 8] && found.batching?.delay == 50)
        #expect(found.instances.first?.count == 3 && found.remarks.isEmpty && found.obstacles.isEmpty)
    }

    @Test(arguments: [
        "metric_tags { key: \"a\" value: \"b\" }", "model_warmup { name: \"w\" }",
        "optimization { graph { level: 1 } }",
        "dynamic_batching { default_queue_policy { max_queue_size: 5 } }", "parameters { key: \"mine\" value { } }",
        "dynamic_batching { priority_levels: 2 default_priority_level: 1 }",
    ])
    func whatHasNoEffectOnAnswersIsNamedAndLeftOut(_ text: String) throws {
        let found = try Self.read(text)
        #expect(!found.remarks.isEmpty && found.obstacles.isEmpty)
    }

    @Test(arguments: [
        "model_transaction_policy { decoupled: true }", "batch_input { kind: BATCH_ELEMENT_COUNT }",
        "batch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE }", "model_operations { op_library_filename: \"x.so\" }",
        "model_repository_agents { agents { name: \"a\" } }",
        "input { name: \"x\" data_type: TYPE_FP32 dims: 1 allow_ragged_batch: true }",
        "input { name: \"x\" data_type: TYPE_FP32 dims: 1 optional: true }",
        "input { name: \"x\" data_type: TYPE_FP32 dims: 1 is_shape_tensor: true }",
        "sequence_batching { control_input { name: \"START\" } }",
        "sequence_batching { state { input_name: \"a\" output_name: \"b\" initial_state { data_file: \"f\" } } }",
        "sequence_batching { iterative_sequence: true }", "input { name: \"x\" data_type: TYPE_INVALID dims: 1 }",
    ])
    func whatHasAnEffectOnAnswersStandsInTheWay(_ text: String) throws {
        #expect(try !Self.read(text).obstacles.isEmpty)
    }

    @Test(arguments: [
        "max_batch_sise: 8", "max_batch_size: many", "max_batch_size: -1", "max_batch_size: 99999999999", "name: m",
        "name: \"a\" name: \"b\"", "input { data_type: TYPE_FP32 }", "input { name: \"x\" data_type: FP32 }",
        "input { name: \"x\" dims: 0 }", "input { name: \"x\" dims: -2 }", "output { name: \"x\" format: FORMAT_NONE }",
        "version_policy { latest { } all { } }", "version_policy { newest { } }", "instance_group { number: 2 }",
        "dynamic_batching { } sequence_batching { }", "ensemble_scheduling { }",
        "ensemble_scheduling { step { model_version: 1 } }", "response_cache { enable: maybe }",
        "parameters { name: \"x\" }", "sequence_batching { state { input_name: \"a\" } }",
    ])
    func whatTritonWouldNotTakeIsRefused(_ text: String) {
        #expect(failure { _ = try Self.read(text) }?.code == .malformed, "\(text)")
    }

    static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(1), .fixed(4)])],
        outputs: [
            TensorSpec(name: "y", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)]),
            TensorSpec(name: "z", elementType: .int64, dimensions: [.symbol("N")]),
        ])

    private static func fit(_ text: String, classes: [String] = []) throws -> TritonFit {
        let found = try read(text)
        return try TritonDeclaration(
            maximumRows: found.maximumRows ?? 0, inputs: found.inputs, outputs: found.outputs, states: found.states
        ).fit(signature, classes: classes)
    }

    @Test(arguments: [
        (#"max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: [ 1, 4 ] }"#, "{}"),
        (#"input { name: "x" data_type: TYPE_FP32 dims: [ -1, 1, 4 ] }"#, "{}"),
        (
            #"max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 1, 4 ] } }"#,
            #"{"pre":[{"input":"x","reshape":{"to":[-1,1,4],"from":[-1,4]}}]}"#
        ),
    ])
    func aModelThatIsWhatIsDeclaredFits(_ text: String, _ processing: String) throws {
        let fit = try Self.fit(text)
        #expect((fit.processing?.encodedString() ?? "{}") == processing)
    }

    @Test func outputsThatAreNotDeclaredAreTold() throws {
        let text = #"max_batch_size: 8 output { name: "y" data_type: TYPE_FP32 dims: 2 }"#
        let fit = try Self.fit(text, classes: ["a", "b"])
        #expect(fit.remarks == ["clients also get 'z'"])
        #expect(fit.processing?.encodedString() == #"{"labels":["a","b"]}"#)
    }

    @Test(arguments: [
        (#"input { name: "w" data_type: TYPE_FP32 dims: 4 }"#, "no input 'w'"),
        (#"max_batch_size: 8 input { name: "x" data_type: TYPE_FP64 dims: [ 1, 4 ] }"#, "is declared FP64"),
        (#"max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] }"#, "is declared [-1, 4]"),
        (#"max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: [ 1, 5 ] }"#, "is declared [-1, 1, 5]"),
        (#"output { name: "v" data_type: TYPE_FP32 dims: 4 }"#, "no output 'v'"),
        (
            #"max_batch_size: 8 output { name: "z" data_type: TYPE_INT64 dims: 1 reshape { shape: [ ] } }"#,
            "is reshaped"
        ),
        (#"sequence_batching { state { input_name: "a" output_name: "y" } }"#, "has no state"),
    ])
    func aModelThatIsAnotherIsRefused(_ text: String, _ words: String) {
        let error = failure { _ = try Self.fit(text) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func whatIsWrittenReadsBackAsItself() throws {
        var wish = TritonWriter.Wish(name: "a \"b\"\\\n", signature: Self.signature)
        #expect(!wish.isBatched, "an output of one number a row leaves nothing to declare")
        wish.settings.batching = .rows(12, delay: 30, preferred: [4, 6])
        (wish.settings.instances, wish.settings.threads, wish.settings.cacheBytes) = (3, 2, 1)
        wish.hasLabels = true
        let plain = try Self.read(try TritonWriter.text(wish))
        #expect(plain.name == wish.name && plain.maximumRows == 0 && plain.batching == nil && plain.isCached)
        #expect(plain.inputs.map(\.dimensions) == [[-1, 1, 4]] && plain.outputs.map(\.dimensions) == [[-1, 2], [-1]])
        #expect(plain.outputs.first?.labelFile == "labels.txt" && plain.policy == .all)
        #expect(plain.instances == [TritonConfiguration.Instances(count: 3, kind: "KIND_CPU")])
        wish.signature.outputs.removeLast()
        wish.isBatched = true
        let batched = try Self.read(try TritonWriter.text(wish))
        #expect(batched.maximumRows == 12 && batched.batching?.preferred == [4, 6] && batched.batching?.delay == 30)
        #expect(batched.inputs.map(\.dimensions) == [[1, 4]] && batched.parameters["intra_op_thread_count"] == "2")
        _ = try TritonDeclaration(maximumRows: 12, inputs: batched.inputs, outputs: batched.outputs).fit(
            wish.signature, classes: [])
    }
}
