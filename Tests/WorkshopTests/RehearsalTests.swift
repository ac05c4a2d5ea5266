import Tensors
import TestSupport
import Testing

@testable import Workshop

/// Arrays are read in a child before the command reads them.
@Suite struct RehearsalTests {
    private let child = ChildRunner(executable: ChildProgram.own)

    @Test(arguments: [("digits/held-out.npz", false), ("iris/iris.csv", true)])
    func examplesAreReadInTheChild(file: String, isTable: Bool) async throws {
        try await child.rehearse(arrays: Slipway.example(file))
        let report = try await child.run(.arrays(path: Slipway.example(file))).report
        #expect(report["table"]?.boolValue == isTable && (report["arrays"]?.intValue ?? 0) >= 2)
    }

    @Test(arguments: ["npz/parent", "npz/sizes-disagree", "npz/offset-past-the-end", "csv/ragged", "csv/open-quote"])
    func whatCannotBeReadIsRefusedInWords(file: String) async throws {
        let path = "\(Slipway.root)/Tests/Fuzz/Corpus/\(file)"
        let error = await #expect(throws: WorkshopError.self) { try await child.rehearse(arrays: path) }
        #expect(error?.code == .rejected, "\(String(describing: error))")
        #expect(error?.message.contains(file.split(separator: "/").last ?? "?") == true)
    }

    @Test func whatIsMissingIsSaid() async throws {
        let error = await #expect(throws: WorkshopError.self) { try await child.rehearse(arrays: "/nowhere.npz") }
        #expect(error?.code == .unreadable)
    }
}
