package import Tensors

/// What another server's house holds, as it will stand here. Nothing of it was imported yet.
package struct House: Sendable {
    /// Whose house it is.
    package enum Kind: String, Sendable {
        case triton = "Triton model repository"
        case tensorFlowServing = "TensorFlow Serving base directory"
        case torchServe = "TorchServe archive"
        case mlflow = "MLflow model"
        case mlserver = "MLServer model repository"
        case bento = "BentoML models"
        case kserve = "KServe storage folder"
    }

    package var kind: Kind
    /// In the order in which they are imported.
    package var models: [HouseModel]
    /// What stays behind.
    package var leftOut: [LeftOut]

    /// A model that is not imported, why, and what its owner can do.
    package struct LeftOut: Hashable, Sendable {
        package var name: String
        package var reason: String
        package var advice: String?

        package init(name: String, reason: String, advice: String? = nil) {
            self.name = name
            self.reason = reason
            self.advice = advice
        }
    }

    package init(kind: Kind, models: [HouseModel] = [], leftOut: [LeftOut] = []) {
        self.kind = kind
        self.models = models
        self.leftOut = leftOut
    }
}

/// One model of a house.
package struct HouseModel: Sendable {
    /// What it is made of.
    package enum Body: Sendable {
        /// A graph for each version, oldest first.
        case versions([HouseVersion])
        /// Other models of the house, one after the other.
        case ensemble(TritonEnsemble)
    }

    /// As it is called there.
    package var original: String
    /// As it is called here.
    package var name: String
    package var body: Body
    /// The versions that were served, oldest first; the last one answers requests that name none.
    package var served: [Int]
    package var settings: HouseSettings
    /// What its configuration says of its tensors; `nil` where it says nothing.
    package var declaration: TritonDeclaration?
    /// Words that every version gets.
    package var labels: [String: String]
    /// Names for versions, by their numbers there.
    package var aliases: [String: Int]
    /// Names of its classes, by number.
    package var classes: [String]
    /// Names of the columns of its only input.
    package var columns: [String]
    /// What MLflow's signature says of its inputs.
    package var tensors: [MLflowTensor]
    /// What is different here, or was not taken along.
    package var remarks: [String]
    /// Whether versions have numbers there, and keep them as a label.
    package var numbersVersions = true

    package init(original: String, name: String, body: Body) {
        self.original = original
        self.name = name
        self.body = body
        served = []
        settings = HouseSettings()
        labels = [:]
        aliases = [:]
        classes = []
        columns = []
        tensors = []
        remarks = []
    }
}

/// A version of a model in a house.
package struct HouseVersion: Hashable, Sendable {
    /// Its number there.
    package var number: Int
    /// The graph's file, within the house.
    package var file: String

    package init(number: Int, file: String) {
        self.number = number
        self.file = file
    }
}

/// How a model was served, in the words of an endpoint's settings.
package struct HouseSettings: Hashable, Sendable, Codable {
    /// Whether requests share runs.
    package enum Batching: Hashable, Sendable, Codable {
        case auto, off
        case rows(Int, delay: Int, preferred: [Int])
    }

    /// `nil` leaves engine, threads and instances to measurement.
    package var engine: String?
    package var threads: Int?
    package var instances: Int?
    package var batching = Batching.auto
    package var cacheBytes = 0

    package init() {}

    /// As `slipway apply` reads them.
    package var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        if engine != nil || threads != nil || instances != nil {
            var named: [(String, JSONValue)] = [("name", .string(engine ?? "onnxruntime"))]
            if let threads { named.append(("threads", .integer(threads))) }
            if let instances { named.append(("instances", .integer(instances))) }
            members.append(("engine", .object(named)))
        } else {
            members.append(("engine", "auto"))
        }
        switch batching {
        case .auto: members.append(("batching", "auto"))
        case .off: members.append(("batching", "off"))
        case .rows(let rows, let delay, let preferred):
            var named: [(String, JSONValue)] = [("rows", .integer(rows)), ("delay", .integer(delay))]
            if !preferred.isEmpty { named.append(("preferred", .array(preferred.map { .integer($0) }))) }
            members.append(("batching", .object(named)))
        }
        if cacheBytes > 0 { members.append(("cacheBytes", .integer(cacheBytes))) }
        return members
    }

    /// In a few words.
    package var text: String {
        var words: [String] = []
        if let engine { words.append(engine) }
        if let threads { words.append("\(threads) thread\(threads == 1 ? "" : "s")") }
        if let instances { words.append("\(instances) at a time") }
        switch batching {
        case .auto: words.append("batching auto")
        case .off: words.append("no batching")
        case .rows(let rows, let delay, _): words.append("batches of \(rows)" + (delay > 0 ? ", \(delay) µs" : ""))
        }
        if cacheBytes > 0 { words.append("cache") }
        return words.joined(separator: ", ")
    }
}
