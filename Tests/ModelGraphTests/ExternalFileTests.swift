import ModelGraph
import Tensors
import Testing

/// Weights in other files, wherever in the model, are found, put inside and renamed.
@Suite struct ExternalFileTests {
    private static func tensor(
        _ name: String, _ location: String = "w.bin", offset: Int? = 0, length: Int? = nil,
        more: [(String, String)] = []
    ) -> TensorValue {
        var entries = [StringEntry("location", location)]
        if let offset { entries.append(StringEntry("offset", String(offset))) }
        if let length { entries.append(StringEntry("length", String(length))) }
        return TensorValue(name, .float32, [2], .external(entries + more.map { StringEntry($0.0, $0.1) }))
    }

    private static func model(_ tensors: TensorValue...) -> Model {
        var model = Sample.identity()
        model.graph.initializers = tensors
        return model
    }

    /// A tensor at every place where one can hide.
    private static func hidden() -> Model {
        var sparse = SparseTensorValue()
        sparse.values = tensor("values", offset: 8)
        sparse.indices = TensorValue(
            "indices", .int64, [2],
            .external([StringEntry("location", "i.bin"), StringEntry("length", "16")]))
        sparse.dimensions = [5]
        let inner = Graph("inner", initializers: [tensor("inner", offset: 16)])
        var model = Self.model(tensor("plain"))
        model.graph.sparseInitializers = [sparse]
        model.graph.nodes[0].attributes = [
            Attribute("a", .tensor(tensor("a", offset: 24))), Attribute("b", .tensors([tensor("b", offset: 32)])),
            Attribute("c", .sparseTensor(sparse)), Attribute("d", .sparseTensors([sparse])),
            Attribute("e", .graph(inner)), Attribute("f", .graphs([inner])),
        ]
        var function = Function()
        function.nodes = [
            Node("Constant", [], ["c"], attributes: [Attribute("value", .tensor(tensor("f", offset: 40)))])
        ]
        function.attributeDefaults = [Attribute("default", .tensor(tensor("g", offset: 48)))]
        model.functions = [function]
        var training = TrainingInfo()
        training.initialization = inner
        training.algorithm = inner
        model.trainingInfo = [training]
        return model
    }

    private static let floats = ByteView(
        copying: (0..<16).flatMap { value in
            withUnsafeBytes(of: Float(value)) { Array($0) }
        })
    private static let integers = ByteView(
        copying: [1, 3].flatMap { value in
            withUnsafeBytes(of: Int64(value)) { Array($0) }
        })

    @Test func filesAreListedWithWhatTheModelNeedsOfThem() throws {
        let files = try Self.hidden().externalFiles()
        #expect(files.map(\.location) == ["w.bin", "i.bin"])
        #expect(files.map(\.byteCount) == [56, 16])
        #expect(files.map(\.tensorCount) == [12, 3])
        #expect(ModelSummary(Self.hidden()).externalFiles == files)
        #expect(try Sample.dense().externalFiles() == [])
    }

    @Test func everyHiddenTensorIsPutInside() throws {
        let model = try Self.hidden().embeddingExternalData(["w.bin": Self.floats, "i.bin": Self.integers])
        var found: [String: [Float]] = [:]
        var external = 0
        try model.forEachTensor { tensor in
            external += tensor.isExternal ? 1 : 0
            found[tensor.name] = try tensor.tensor().values(as: Float.self)
        }
        #expect(external == 0)
        #expect(found["plain"] == [0, 1] && found["values"] == [2, 3] && found["inner"] == [4, 5])
        #expect(found["a"] == [6, 7] && found["b"] == [8, 9] && found["f"] == [10, 11] && found["g"] == [12, 13])
        #expect(try model.externalFiles() == [])
        // The sparse tensor is checked whole now: its indices were out of reach before.
        #expect(model.graph.sparseInitializers[0].indices?.integers == [1, 3])
        #expect(try Model.read(bytes: model.encoded()).externalFiles() == [])
    }

    @Test func embeddedWeightsAreViewsAndNotCopies() throws {
        let model = try Self.model(Self.tensor("w", offset: 8)).embeddingExternalData(["w.bin": Self.floats])
        guard case .raw(let view) = model.graph.initializers[0].elements else {
            Issue.record("the weights are not inside")
            return
        }
        #expect(view.buffer === Self.floats.buffer && view.offset == 8 && view.count == 8)
    }

    @Test func filesAreRenamedAndKeepTheirParts() throws {
        let model = try Self.hidden().renamingExternalFiles(["w.bin": "ab", "i.bin": "cd"])
        #expect(try model.externalFiles().map(\.location) == ["ab", "cd"])
        #expect(try model.externalFiles().map(\.byteCount) == [56, 16])
        let reference = try #require(try model.graph.sparseInitializers[0].values?.externalReference)
        #expect(reference.offset == 8 && reference.length == 8 && reference.checksum == nil)
    }

    @Test func aFileThatIsMissingOrShortIsAnError() throws {
        let model = Self.model(Self.tensor("w", offset: 8))
        for files in [[:], ["other": Self.floats], ["w.bin": ByteView(copying: [UInt8](repeating: 0, count: 15))]] {
            #expect { try model.embeddingExternalData(files) } throws: {
                ($0 as? GraphError)?.code == .externalData
            }
        }
        #expect { try model.renamingExternalFiles([:]) } throws: { ($0 as? GraphError)?.code == .externalData }
    }

    static let untrusted: [(String, Model)] = [
        ("needs 8 bytes, but its external data has 9", model(tensor("w", length: 9))),
        ("needs 8 bytes, but its external data has 0", model(tensor("w", length: 0))),
        ("ends beyond 64 bits", model(tensor("w", offset: Int.max))),
        ("belong to two tensors", model(tensor("v", offset: 0), tensor("w", offset: 4))),
        (
            "two checksums",
            model(tensor("v", more: [("checksum", "aa")]), tensor("w", offset: 8, more: [("checksum", "bb")]))
        ),
        ("expected a relative path of plain names", model(tensor("w", "../w.bin"))),
        ("unknown key 'basepath'", model(tensor("w", more: [("basepath", "/etc")]))),
        ("no type and shape", model(TensorValue("w", .string, [2], .external([StringEntry("location", "w")])))),
        ("no type and shape", model(TensorValue("w", .float32, [-1], .external([StringEntry("location", "w")])))),
        (
            "no type and shape",
            model(TensorValue("w", .float32, [1 << 40, 1 << 40], .external([StringEntry("location", "w")])))
        ),
    ]

    @Test(arguments: untrusted.indices)
    func referencesThatCannotBeTrustedAreNamed(index: Int) {
        let (words, model) = Self.untrusted[index]
        #expect { try model.externalFiles() } throws: { "\($0)".contains(words) }
        #expect(throws: GraphError.self) {
            _ = try model.embeddingExternalData(["w.bin": Self.floats, "w": Self.floats])
            // Overlaps and checksums are questions about the whole file.
            _ = try model.externalFiles()
        }
        #expect(ModelSummary(model).externalFiles == [])
    }

    @Test func tiedWeightsMayNameTheSameBytes() throws {
        let model = Self.model(Self.tensor("v", offset: 8), Self.tensor("w", offset: 8))
        #expect(try model.externalFiles().map(\.tensorCount) == [2])
    }

    @Test func aModelCannotNameFilesWithoutEnd() {
        var model = Sample.identity()
        model.graph.initializers = (0...ExternalFile.most).map { Self.tensor("w\($0)", "file\($0)") }
        #expect { try model.externalFiles() } throws: { ($0 as? GraphError)?.code == .limitExceeded }
    }
}
