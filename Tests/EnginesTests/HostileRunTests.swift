import Glibc
import Tensors
import Testing

@testable import Engines

/// Numbers in a request that make an engine do what it should not.
@Suite(.serialized) struct HostileRunTests {
    /// One number that becomes the size of the output: rows 46 of the attack list.
    @Test(arguments: ["fill", "expand", "tile", "range"], Fixtures.sizing)
    func aRunThatNeedsTooMuchMemoryFailsBeforeItTakesAny(_ model: String, _ kind: EngineKind) throws {
        let session = try Fixtures.session(model, on: kind)
        EngineMemory.limit(heapBytes: 3 << 29)
        defer { EngineMemory.limit(heapBytes: 0) }
        let before = Self.peak()
        // Two gigabytes of FP32.
        let error = #expect(throws: EngineError.self) { try session.run([Self.number(1 << 29)]) }
        #expect(error?.code == .outOfMemory, "\(String(describing: error))")
        #expect(Self.peak() - before < 256 << 10, "\(Self.peak() - before) kB")
        #expect(try session.run([Self.number(5)])[0].shape.dimensions == [5])
    }

    @Test(arguments: ["fill", "expand", "tile", "range"], [-3, 1 << 40, 1 << 62, .max, .min] as [Int64])
    func sizesThatCannotBeAreErrors(_ model: String, _ size: Int64) throws {
        for kind in Fixtures.sizing {
            // OpenVINO 2026.4 dies of a tensor repeated less than not at all; see THREATS.md.
            if kind == .openVINO, model == "tile", size == -3 { continue }
            let session = try Fixtures.session(model, on: kind)
            let outputs = try? session.run([Self.number(size)])
            // A range that ends before it begins is empty, or as OpenVINO counts, backwards.
            #expect((outputs?[0].shape.elementCount ?? 0) <= 3, "\(kind)")
        }
    }

    @Test func whatIsWithinTheLimitIsAdmitted() {
        EngineMemory.limit(heapBytes: 8 << 30)
        defer { EngineMemory.limit(heapBytes: 0) }
        #expect(EngineMemory.admits(1 << 20))
        #expect(!EngineMemory.admits(9 << 30))
    }

    /// x86 faults here, and the engine does not look: rows 67 of the attack list.
    @Test func theSmallestNumberDividedByMinusOneIsNoEnd() throws {
        let long = try Fixtures.session("division_int64", on: .onnxRuntime).run([
            Tensor(.int64, Shape([3]), values: [.min, 7, .min] as [Int64]),
            Tensor(.int64, Shape([3]), values: [-1, -2, 2] as [Int64]),
        ])
        #expect(long[0].values(as: Int64.self) == [.min, -3, .min / 2] as [Int64])
        #expect(long[1].values(as: Int64.self)?.first == 0)
        let short = try Fixtures.session("division_int32", on: .onnxRuntime).run([
            Tensor(.int32, Shape([3]), values: [.min, 7, .min] as [Int32]),
            Tensor(.int32, Shape([3]), values: [-1, -2, 2] as [Int32]),
        ])
        #expect(short[0].values(as: Int32.self) == [.min, -3, .min / 2] as [Int32])
        #expect(short[1].values(as: Int32.self)?.first == 0)
    }

    @Test(arguments: EngineKind.allCases)
    func divisionByZeroIsAnErrorOrANumber(_ kind: EngineKind) throws {
        let session = try Fixtures.session("division_int32", on: kind)
        let inputs = try [7, 0].map { try Tensor(.int32, Shape([4]), values: [Int32](repeating: $0, count: 4)) }
        if kind != .openVINO {
            let error = #expect(throws: EngineError.self) { try session.run(inputs) }
            #expect(error?.code == .runFailed && error?.message.contains("zero") == true)
        } else {
            #expect(try session.run(inputs)[0].shape.elementCount == 4)
        }
    }

    private static func number(_ value: Int64) throws -> Tensor { try Tensor(.int64, Shape([1]), values: [value]) }

    /// The most memory that this process ever had, in kilobytes.
    private static func peak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}
