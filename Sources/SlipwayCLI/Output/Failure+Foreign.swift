import Client
import Control
import Distribution
import Engines
import Home
import Houses
import LiteRT
import ModelGraph
import Platforms
import Registry
import Release
import Scoring
import Seals
import Tensors
import Trust
import Workshop

// The adapters have labels: an unlabelled one that is missing would be `init(_: any Error)` calling itself.
extension Failure {
    /// Any error of a room as the command line prints it. This file is the only place that adapts them.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as TensorError: self.init(1001, .failed, error.message)
        case let error as JSONError: self.init(1002, .failed, error.description)
        case let error as GraphError: self.init(2001, .failed, error.description)
        case let error as ConversionError:
            self.init(2301, .failed, error.message, causes: error.problems, help: error.help)
        case let error as EngineError: self.init(engine: error)
        case let error as HomeError: self.init(home: error)
        case let error as TrustError: self.init(5001, .denied, error.message, help: error.help)
        case let error as SealError: self.init(seal: error)
        case let error as RegistryError: self.init(registry: error)
        case let error as WorkshopError: self.init(workshop: error)
        case let error as HouseError: self.init(house: error)
        case let error as ScoringError: self.init(scoring: error)
        case let error as ReleaseError: self.init(release: error)
        case let error as ControlError: self.init(control: error)
        case let error as ClientError: self.init(client: error)
        case let error as DistributionError: self.init(distribution: error)
        case let error as PlatformError: self.init(platform: error)
        default: self.init(9999, .failed, "\(error)", help: "this is a fault of Slipway's own; please report it")
        }
    }

    private init(engine error: EngineError) {
        switch error.code {
        case .notInstalled:
            self.init(3001, .unavailable, error.description, help: "run scripts/fetch-engines, or set SLIPWAY_ENGINES")
        case .incompatible: self.init(3002, .unavailable, error.description)
        case .modelRejected: self.init(3003, .failed, error.description)
        case .invalidInput: self.init(3004, .failed, error.description)
        default: self.init(3005, .failed, error.description)
        }
    }

    private init(home error: HomeError) {
        switch error.code {
        case .notFound: self.init(4001, .notFound, error.message, help: error.help)
        case .conflict: self.init(4002, .conflict, error.message, help: error.help)
        case .locked: self.init(4003, .locked, error.message, help: error.help)
        case .full: self.init(4004, .unavailable, error.message, help: error.help ?? "free some space and try again")
        case .newerSchema: self.init(4005, .failed, error.message, help: error.help)
        case .damaged: self.init(4006, .verificationFailed, error.message, help: error.help)
        default: self.init(4007, .failed, error.message, help: error.help)
        }
    }

    private init(seal error: SealError) {
        switch error.code {
        case .malformed: self.init(5101, .verificationFailed, error.message, help: error.help)
        case .unsupported: self.init(5102, .verificationFailed, error.message, help: error.help)
        case .mismatch: self.init(5103, .verificationFailed, error.message, help: error.help)
        case .key: self.init(5104, .denied, error.message, help: error.help)
        case .required: self.init(5105, .denied, error.message, help: error.help)
        case .older: self.init(5106, .conflict, error.message, help: error.help)
        case .undecipherable: self.init(5107, .verificationFailed, error.message, help: error.help)
        default: self.init(5108, .failed, error.message, help: error.help)
        }
    }

    private init(registry error: RegistryError) {
        switch error.code {
        case .notFound: self.init(6101, .notFound, error.message, help: error.help)
        case .conflict: self.init(6102, .conflict, error.message, help: error.help)
        case .damaged: self.init(6103, .verificationFailed, error.message, help: error.help)
        case .full: self.init(6104, .unavailable, error.message, help: error.help ?? "free some space and try again")
        case .invalid, .ambiguous: self.init(6105, .usage, error.message, help: error.help)
        case .backup: self.init(6107, .verificationFailed, error.message, help: error.help)
        default: self.init(6106, .failed, error.message, help: error.help)
        }
    }

    private init(release error: ReleaseError) {
        switch error.code {
        case .notFound: self.init(6201, .notFound, error.message, help: error.help)
        case .stale: self.init(6006, .conflict, error.message, help: error.help)
        case .conflict, .quarantined: self.init(6202, .conflict, error.message, help: error.help)
        case .invalid: self.init(6203, .usage, error.message, help: error.help)
        case .malformed: self.init(6204, .verificationFailed, error.message, help: error.help)
        default: self.init(6205, .failed, error.message, help: error.help)
        }
    }

    private init(control error: ControlError) {
        switch error.code {
        case .notRunning, .portInUse: self.init(8101, .unavailable, error.message, help: error.help)
        case .refused: self.init(8102, .denied, error.message, help: error.help)
        case .damaged: self.init(8103, .verificationFailed, error.message, help: error.help)
        case .badCertificate: self.init(8105, .failed, error.message, help: error.help)
        default: self.init(8104, .failed, error.message, help: error.help)
        }
    }

    private init(workshop error: WorkshopError) {
        switch error.code {
        case .unreadable: self.init(7001, .notFound, error.message, causes: error.causes, help: error.help)
        case .storage: self.init(7007, .unavailable, error.message, causes: error.causes, help: error.help)
        case .rejected: self.init(7002, .verificationFailed, error.message, causes: error.causes, help: error.help)
        case .crashed: self.init(7003, .verificationFailed, error.message, causes: error.causes, help: error.help)
        case .limit: self.init(7004, .verificationFailed, error.message, causes: error.causes, help: error.help)
        case .mismatch: self.init(7005, .verificationFailed, error.message, causes: error.causes, help: error.help)
        default: self.init(7006, .failed, error.message, causes: error.causes, help: error.help)
        }
    }

    private init(house error: HouseError) {
        switch error.code {
        case .malformed: self.init(7401, .verificationFailed, error.message, help: error.help)
        case .unsupported: self.init(7402, .verificationFailed, error.message, help: error.help)
        case .tooLarge: self.init(7403, .verificationFailed, error.message, help: error.help)
        default: self.init(7404, .notFound, error.message, help: error.help)
        }
    }

    private init(scoring error: ScoringError) {
        switch error.code {
        case .interrupted: self.init(7201, .locked, error.message, help: error.help)
        case .rejected: self.init(7202, .verificationFailed, error.message, help: error.help)
        case .journal: self.init(7203, .conflict, error.message, help: error.help)
        case .unfit: self.init(7204, .failed, error.message, help: error.help)
        case .output: self.init(7205, .failed, error.message, help: error.help)
        default: self.init(7206, .failed, error.message, help: error.help)
        }
    }

    private init(client error: ClientError) {
        switch error.code {
        case .unreachable:
            self.init(8001, .unavailable, error.message, help: "is a server running? see 'slipway status'")
        case .status where error.status == 404: self.init(8002, .notFound, error.message)
        case .status where error.status == 401 || error.status == 403: self.init(8003, .denied, error.message)
        case .status where error.status == 503: self.init(8004, .unavailable, error.message)
        default: self.init(8005, .failed, error.message)
        }
    }

    private init(distribution error: DistributionError) {
        switch error.code {
        case .invalid: self.init(6301, .usage, error.message, help: error.help)
        case .notFound: self.init(6302, .notFound, error.message, help: error.help)
        case .denied: self.init(6303, .denied, error.message, help: error.help)
        case .conflict: self.init(6304, .conflict, error.message, help: error.help)
        case .unavailable: self.init(6305, .unavailable, error.message, help: error.help)
        case .untrusted: self.init(6306, .verificationFailed, error.message, help: error.help)
        case .refused: self.init(6307, .verificationFailed, error.message, help: error.help)
        case .damaged: self.init(6308, .verificationFailed, error.message, help: error.help)
        case .full: self.init(6309, .unavailable, error.message, help: error.help)
        default: self.init(6310, .failed, error.message, help: error.help)
        }
    }

    private init(platform error: PlatformError) {
        switch error.code {
        case .invalid: self.init(6401, .usage, error.message, help: error.help)
        case .missing: self.init(6402, .notFound, error.message, help: error.help)
        case .conflict: self.init(6403, .conflict, error.message, help: error.help)
        case .full: self.init(6404, .unavailable, error.message, help: error.help)
        case .damaged: self.init(6405, .verificationFailed, error.message, help: error.help)
        default: self.init(6406, .failed, error.message, help: error.help)
        }
    }
}
