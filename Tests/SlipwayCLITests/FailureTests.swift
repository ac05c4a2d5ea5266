import Client
import Control
import Engines
import Home
import ModelGraph
import Registry
import Release
import Seals
import Tensors
import Testing
import Trust
import Workshop

@testable import SlipwayCLI

@Suite struct FailureTests {
    /// Every kind of error of every room: its code, and the exit code it ends with.
    static let errors: [(any Error, String, Failure.Exit)] = [
        (TensorError(.io, "m"), "SW1001", .failed), (JSONError(.malformed, "m", offset: 3), "SW1002", .failed),
        (EngineError(.notInstalled, .openVINO, "m"), "SW3001", .unavailable),
        (EngineError(.incompatible, .openVINO, "m"), "SW3002", .unavailable),
        (EngineError(.modelRejected, .openVINO, "m"), "SW3003", .failed),
        (EngineError(.invalidInput, .openVINO, "m"), "SW3004", .failed),
        (EngineError(.runFailed, .openVINO, "m"), "SW3005", .failed),
        (HomeError(.notFound, "m"), "SW4001", .notFound), (HomeError(.conflict, "m"), "SW4002", .conflict),
        (HomeError(.locked, "m"), "SW4003", .locked), (HomeError(.full, "m"), "SW4004", .unavailable),
        (HomeError(.damaged, "m"), "SW4006", .verificationFailed), (HomeError(.io, "m"), "SW4007", .failed),
        (TrustError(.refused, "m"), "SW5001", .denied), (SealError(.malformed, "m"), "SW5101", .verificationFailed),
        (SealError(.unsupported, "m"), "SW5102", .verificationFailed),
        (SealError(.mismatch, "m"), "SW5103", .verificationFailed), (SealError(.key, "m"), "SW5104", .denied),
        (SealError(.required, "m"), "SW5105", .denied), (SealError(.older, "m"), "SW5106", .conflict),
        (SealError(.undecipherable, "m"), "SW5107", .verificationFailed), (SealError(.file, "m"), "SW5108", .failed),
        (RegistryError(.notFound, "m"), "SW6101", .notFound),
        (RegistryError(.conflict, "m"), "SW6102", .conflict),
        (RegistryError(.damaged, "m"), "SW6103", .verificationFailed),
        (RegistryError(.full, "m"), "SW6104", .unavailable), (RegistryError(.invalid, "m"), "SW6105", .usage),
        (RegistryError(.ambiguous, "m"), "SW6105", .usage), (RegistryError(.io, "m"), "SW6106", .failed),
        (ReleaseError(.notFound, "m"), "SW6201", .notFound), (ReleaseError(.conflict, "m"), "SW6202", .conflict),
        (ReleaseError(.stale, "m"), "SW6006", .conflict), (ReleaseError(.quarantined, "m"), "SW6202", .conflict),
        (ReleaseError(.invalid, "m"), "SW6203", .usage), (ReleaseError(.malformed, "m"), "SW6204", .verificationFailed),
        (ReleaseError(.failed, "m"), "SW6205", .failed), (WorkshopError(.unreadable, "m"), "SW7001", .notFound),
        (WorkshopError(.rejected, "m"), "SW7002", .verificationFailed),
        (WorkshopError(.crashed, "m"), "SW7003", .verificationFailed),
        (WorkshopError(.limit, "m"), "SW7004", .verificationFailed),
        (WorkshopError(.mismatch, "m"), "SW7005", .verificationFailed),
        (WorkshopError(.sandbox, "m"), "SW7006", .failed),
        (WorkshopError(.storage, "m"), "SW7007", .unavailable),
        (ClientError(.unreachable, "m"), "SW8001", .unavailable),
        (ClientError(.status, "m", status: 404), "SW8002", .notFound),
        (ClientError(.status, "m", status: 401), "SW8003", .denied),
        (ClientError(.status, "m", status: 403), "SW8003", .denied),
        (ClientError(.status, "m", status: 503), "SW8004", .unavailable),
        (ClientError(.status, "m", status: 500), "SW8005", .failed), (ClientError(.timedOut, "m"), "SW8005", .failed),
        (ControlError(.notRunning, "m"), "SW8101", .unavailable),
        (ControlError(.portInUse, "m"), "SW8101", .unavailable),
        (ControlError(.refused, "m"), "SW8102", .denied), (ControlError(.damaged, "m"), "SW8103", .verificationFailed),
        (ControlError(.failed, "m"), "SW8104", .failed), (CancellationError(), "SW9999", .failed),
        (Failure(1234, .locked, "m"), "SW1234", .locked),
    ]

    @Test(arguments: errors.indices) func everyErrorHasACodeAndAnExit(index: Int) {
        let (error, code, exit) = Self.errors[index]
        let failure = Failure(error)
        #expect(failure.codeText == code, "\(error)")
        #expect(failure.exit == exit, "\(error)")
        #expect(!failure.message.isEmpty)
    }

    @Test func anErrorIsRenderedWithCausesAndHelp() {
        let failure = Failure(1042, .failed, "what happened", causes: ["first", "second"], help: "do this")
        #expect(
            failure.rendered == """
                error[SW1042]: what happened
                  cause: first
                  cause: second
                   help: do this
                """)
        #expect(Failure(1042, .failed, "what happened").rendered == "error[SW1042]: what happened")
    }

    @Test func whatARoomAdvisesIsPassedOn() {
        #expect(Failure(ReleaseError(.conflict, "m", help: "h")).help == "h")
        #expect(Failure(RegistryError(.notFound, "m", help: "h")).help == "h")
        let failure = Failure(WorkshopError(.rejected, "m", causes: ["a", "b"], help: "h"))
        #expect(failure.causes == ["a", "b"] && failure.help == "h")
    }

    @Test func exitCodesAreThoseThatWereDecided() {
        #expect(
            [
                Failure.Exit.failed, .notFound, .denied, .conflict, .unavailable, .verificationFailed, .rolledBack,
                .late, .usage, .locked,
            ]
            .map(\.rawValue) == [1, 3, 4, 5, 6, 7, 8, 9, 64, 75])
    }
}
