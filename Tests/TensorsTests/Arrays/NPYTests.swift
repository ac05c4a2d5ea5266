import Testing

@testable import Tensors

@Suite struct NPYTests {
    @Test(arguments: [
        ("i1", ElementType.int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8), ("u2", .uint16),
        ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64),
    ])
    func numbersAreReadInBothByteOrders(_ code: String, _ type: ElementType) throws {
        for order in ["little", "big"] {
            let tensor = try NPY.read(path: Fixture.path("\(order)_\(code).npy"))
            #expect(tensor.elementType == type)
            #expect(tensor.shape.dimensions == [2, 3])
            #expect(try tensor.doubles() == [0, 1, 2, 3, 4, 5])
        }
    }

    @Test func complexNumbersSwapTheirHalves() throws {
        for order in ["little", "big"] {
            let single = try NPY.read(path: Fixture.path("\(order)_c8.npy"))
            #expect(single.elementType == .complex64)
            #expect(single.values(as: SIMD2<Float>.self) == (0..<6).map { SIMD2(Float($0), 0) })
            let double = try NPY.read(path: Fixture.path("\(order)_c16.npy"))
            #expect(double.elementType == .complex128)
            #expect(double.values(as: SIMD2<Double>.self) == (0..<6).map { SIMD2(Double($0), 0) })
        }
    }

    @Test func fortranOrderIsTransposed() throws {
        let floats = try NPY.read(path: Fixture.path("fortran_f4.npy"))
        #expect(floats.shape.dimensions == [2, 3, 4])
        #expect(try floats.doubles() == (0..<24).map(Double.init))
        #expect(try NPY.read(path: Fixture.path("fortran_big_i2.npy")).doubles() == (0..<24).map(Double.init))
        #expect(try NPY.read(path: Fixture.path("fortran_unicode.npy")).strings?.decoded == ["a", "b", "c", "d"])
    }

    @Test func otherShapesAndVersionsAreRead() throws {
        #expect(
            try NPY.read(path: Fixture.path("bool.npy")).values(as: Bool.self) == [
                true, false, true, false, false, true,
            ])
        let scalar = try NPY.read(path: Fixture.path("scalar_f8.npy"))
        #expect(scalar.shape == .scalar)
        #expect(scalar.values(as: Double.self) == [1.5])
        let empty = try NPY.read(path: Fixture.path("empty_f4.npy"))
        #expect(empty.shape.dimensions == [0, 3])
        for name in ["version2_f4.npy", "version3_f4.npy"] {
            #expect(try NPY.read(path: Fixture.path(name)).doubles() == [0, 1, 2, 3, 4, 5])
        }
    }

    @Test func stringsAreReadWithoutTheirPadding() throws {
        let bytes = try #require(try NPY.read(path: Fixture.path("bytes.npy")).strings)
        #expect((0..<3).map { Array(bytes[$0]) } == [Array("ab".utf8), [], [0xFF, 0, 0x63]])
        for name in ["unicode.npy", "unicode_big.npy"] {
            #expect(try NPY.read(path: Fixture.path(name)).strings?.decoded == ["é", "", "名前", "🚢 x"])
        }
    }

    @Test(arguments: ["object", "structured", "date", "long_double"]) func otherTypesAreRefused(_ name: String) throws {
        let error = #expect(throws: TensorError.self) { try NPY.read(path: Fixture.path("refused_\(name).npy")) }
        #expect(error?.code == .unsupportedType)
        if name == "object" { #expect(error?.message.contains("never loaded") == true) }
    }

    @Test(arguments: [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(1,)}",
        "{'shape': (1L,), 'fortran_order': True, 'descr': '<f4'}  \n",
    ])
    func headersMayBeSpelledFreely(_ header: String) throws {
        #expect(try NPY.read(file(header: header, data: [0, 0, 128, 63])).values(as: Float.self) == [1])
    }

    @Test(arguments: [
        "", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
        "{'descr': '<f' '4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|S', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|S-4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}",
        "{'descr': '<U4611686018427387905', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|S9223372036854775807', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (9223372036854775807,)}",
        "__import__('os').system('true')",
    ])
    func hostileHeadersAreRejected(_ header: String) {
        #expect(throws: TensorError.self) { try NPY.read(file(header: header, data: [0, 0, 128, 63])) }
        #expect(throws: TensorError.self) { try NPY.read(file(header: header, data: [])) }
    }

    @Test func dataMustBeExactlyAsLongAsPromised() throws {
        let bytes = try Fixture.bytes("little_f4.npy")
        for damaged in [bytes + [0], Array(bytes.dropLast()), Array(bytes.prefix(128))] {
            let error = #expect(throws: TensorError.self) { try NPY.read(damaged) }
            #expect(error?.code == .sizeMismatch)
        }
    }

    @Test func limitsActBeforeAllocation() throws {
        let error = #expect(throws: TensorError.self) {
            try NPY.read(path: Fixture.path("little_f4.npy"), limits: ArrayLimits(bytes: 23))
        }
        #expect(error?.code == .tooLarge)
        #expect(throws: Never.self) {
            try NPY.read(path: Fixture.path("little_f4.npy"), limits: ArrayLimits(bytes: 24))
        }
        #expect(throws: TensorError.self) {
            try NPY.read(path: Fixture.path("bytes.npy"), limits: ArrayLimits(bytes: 32))
        }
    }

    @Test func booleansAreZeroOrOne() throws {
        let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }"
        #expect(try NPY.read(file(header: header, data: [0, 1, 2, 255])).values(as: UInt8.self) == [0, 1, 1, 1])
    }

    @Test(arguments: Fixture.names(".npy").filter { !$0.hasPrefix("refused") && !$0.hasPrefix("big") })
    func whatIsWrittenIsWhatNumPyWrites(_ name: String) throws {
        let tensor = try NPY.read(path: Fixture.path(name))
        let encoded = try NPY.encode(tensor)
        #expect(encoded.count % 64 == (tensor.byteCount == 0 ? 0 : encoded.count % 64))
        let copy = try NPY.read(encoded)
        #expect(copy.shape == tensor.shape)
        #expect(copy.elementType == tensor.elementType)
        #expect(copy.bytes.elementsEqual(tensor.bytes))
        #expect(copy.strings == tensor.strings)
        if name.hasPrefix("little") || ["bool.npy", "scalar_f8.npy", "empty_f4.npy", "unicode.npy"].contains(name) {
            #expect(encoded == (try Fixture.bytes(name)))
        }
    }

    @Test func typesThatNPYLacksAreRefused() throws {
        for type in [ElementType.bfloat16, .int4, .float8e5m2] {
            let error = #expect(throws: TensorError.self) { try NPY.encode(try Tensor(zeros: type, try Shape([2]))) }
            #expect(error?.code == .unsupportedType)
        }
        let strings = try Tensor(try Shape([1]), strings: StringElements(["a\0"]))
        #expect(throws: TensorError.self) { try NPY.encode(strings) }
    }

    @Test func aFileIsWrittenWhole() throws {
        let scratch = try ScratchDirectory()
        let tensor = try NPY.read(path: Fixture.path("little_f4.npy"))
        for _ in 0..<2 { try NPY.write(tensor, to: "\(scratch.path)/a.npy") }
        #expect(scratch.names == ["a.npy"])
        #expect(try NPY.read(path: "\(scratch.path)/a.npy").doubles() == [0, 1, 2, 3, 4, 5])
        #expect(throws: TensorError.self) { try NPY.write(tensor, to: "\(scratch.path)/none/a.npy") }
        #expect(throws: TensorError.self) { try NPY.read(path: scratch.path) }
        #expect(throws: TensorError.self) { try NPY.read(path: "\(scratch.path)/b.npy") }
    }

    private func file(header: String, data: [UInt8]) -> [UInt8] {
        var bytes = NPYHeader.magic + [1, 0]
        bytes.append(field: UInt16(header.utf8.count))
        return bytes + Array(header.utf8) + data
    }
}
