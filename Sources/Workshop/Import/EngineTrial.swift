package import Engines
import Tensors

/// What one engine made of a model that it was given for the first time.
package struct EngineTrial: Sendable {
    /// Which engine was tried.
    package var engine: EngineKind
    /// The library's version.
    package var version: String?
    /// How long loading took, where it came that far.
    package var loadMilliseconds: Double?
    /// How long the first run took, where it came that far.
    package var firstRunMilliseconds: Double?
    /// Why the engine does not run it.
    package var problem: String?
    /// How far it is from the first engine that runs it; `nil` for that one.
    package var agreement: Agreement?
    var outputs: [Tensor]?
    /// Of which kind the made-up inputs were: answers to others cannot be compared.
    fileprivate var inputs: String?

    init(_ engine: EngineKind, problem: String) {
        self.engine = engine
        self.problem = problem
    }

    init(_ engine: EngineKind, _ reply: ChildRunner.Reply) {
        self.engine = engine
        version = reply.report["version"]?.stringValue
        loadMilliseconds = reply.report["loadMilliseconds"]?.doubleValue
        firstRunMilliseconds = reply.report["firstRunMilliseconds"]?.doubleValue
        inputs = reply.report["inputs"]?.stringValue
        do throws(TensorError) {
            outputs = try NPZ.read(reply.payload).map(\.tensor)
        } catch {
            problem = "its answer cannot be read: \(error.message)"
        }
    }

    /// Who does not run it and why, in words.
    var complaint: String {
        let problem = problem ?? "no answer"
        return problem.hasPrefix(engine.displayName) ? problem : "\(engine.displayName): \(problem)"
    }

    /// Whether it loaded and answered.
    package var runs: Bool { problem == nil }

    var json: JSONValue {
        var members: [(String, JSONValue)] = [("engine", .string(engine.rawValue)), ("runs", .bool(runs))]
        if let version { members.append(("version", .string(version))) }
        if let loadMilliseconds { members.append(("loadMilliseconds", .number(loadMilliseconds))) }
        if let firstRunMilliseconds { members.append(("firstRunMilliseconds", .number(firstRunMilliseconds))) }
        if let problem { members.append(("problem", .string(problem))) }
        if let agreement {
            members.append(("largestDifference", .number(agreement.largestDifference)))
            members.append(("largestRelativeDifference", .number(agreement.largestRelativeDifference)))
            members.append(("agrees", .bool(agreement.isAcceptable)))
        }
        return .object(members)
    }
}

extension [EngineTrial] {
    /// Compares every engine that ran with the first that did.
    func compared() -> [EngineTrial] {
        guard let reference = firstIndex(where: { $0.outputs != nil }), let expected = self[reference].outputs else {
            return self
        }
        var trials = self
        for index in indices where index != reference {
            guard let outputs = trials[index].outputs, trials[index].inputs == self[reference].inputs else { continue }
            do throws(WorkshopError) {
                trials[index].agreement = try Agreement(expected, outputs)
            } catch {
                trials[index].problem =
                    "answers in another shape than \(self[reference].engine.displayName): \(error.message)"
            }
        }
        return trials
    }

    var json: JSONValue { .object([("engines", .array(map(\.json)))]) }
}
