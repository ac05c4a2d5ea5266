import Foundation
import Tensors
import Testing

@testable import Engines

/// Where libraries are looked for, and what is said when there is none.
@Suite struct EngineCatalogs {
    @Test(arguments: EngineKind.allCases)
    func anEngineIsOpenedOnce(_ kind: EngineKind) throws {
        let catalog = EngineCatalog()
        let finding = try #require(catalog.survey().first { $0.kind == kind })
        #expect(finding.problem == nil)
        #expect(finding.version == (try catalog.engine(kind).version))
        #expect(finding.devices.contains(.cpu))
        #expect(finding.path?.isEmpty == false)
    }

    @Test(arguments: EngineKind.allCases)
    func aLibraryGivenByPathIsTheOnlyOneTried(_ kind: EngineKind) throws {
        let catalog = EngineCatalog(libraries: [kind: "/nowhere/engine.so"])
        let error = #expect(throws: EngineError.self) { try catalog.engine(kind) }
        #expect(error?.code == .notInstalled)
        #expect(error?.message.contains("/nowhere/engine.so") == true)
        #expect(catalog.survey().first { $0.kind == kind }?.problem == error)
    }

    @Test(arguments: EngineKind.allCases)
    func anotherLibraryIsIncompatible(_ kind: EngineKind) throws {
        let catalog = EngineCatalog(libraries: [kind: "libc.so.6"])
        let error = #expect(throws: EngineError.self) { try catalog.engine(kind) }
        #expect(error?.code == .incompatible)
        #expect(error?.message.hasPrefix("cannot use libc.so.6: it ") == true)
    }

    @Test func theHighestVersionIsFoundByItsNumbers() throws {
        let files = FileManager.default
        let root = files.temporaryDirectory.appending(path: "slipway-engines-\(UUID().uuidString)")
        defer { try? files.removeItem(at: root) }
        for folder in ["onnxruntime-1.9.0", "onnxruntime-1.31.1", "onnxruntime-1.4.0", "openvino-2026.4.1"] {
            try files.createDirectory(at: root.appending(path: folder), withIntermediateDirectories: true)
            let library = "\(folder)/libonnxruntime.so.\(folder.split(separator: "-")[1])"
            try Data().write(to: root.appending(path: library))
        }
        #expect(
            EngineFiles.library(of: .onnxRuntime, in: root.path)
                == root.path + "/onnxruntime-1.31.1/libonnxruntime.so.1.31.1")
        #expect(EngineFiles.library(of: .openVINO, in: root.path) == nil)
        let direct = root.appending(path: "onnxruntime-1.9.0").path
        #expect(EngineFiles.library(of: .onnxRuntime, in: direct) == direct + "/libonnxruntime.so.1.9.0")
    }

    @Test func aMissingEngineNamesTheCommandThatFetchesIt() {
        let error = EngineCatalog.notInstalled(.openVINO, lookedIn: ["/home/captain/engines"])
        #expect(error.code == .notInstalled)
        #expect(error.message.contains("/home/captain/engines"))
        #expect(error.message.contains("scripts/fetch-engines --engine openvino"))
    }
}
