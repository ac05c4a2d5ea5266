package import Engines
import Tensors

/// What a session was measured to take, so that each request runs where it should.
package struct Calibration: Sendable {
    /// One measurement.
    package struct Point: Hashable, Sendable {
        /// Elements of all inputs together.
        package var elements: Int
        package var nanoseconds: UInt64

        package init(elements: Int, nanoseconds: UInt64) {
            self.elements = elements
            self.nanoseconds = nanoseconds
        }
    }

    /// Ascending in elements.
    package let points: [Point]
    /// Whether the shapes that the signature predicts for outputs are those that came out.
    package let predictsOutputShapes: Bool
    /// Whether requests may share a run.
    package let agreement: BatchAgreement
    /// Why nothing is known, where made-up inputs did not run.
    package let problem: EngineError?

    package init(
        points: [Point], predictsOutputShapes: Bool, agreement: BatchAgreement = .untried, problem: EngineError? = nil
    ) {
        self.problem = problem
        self.points = points.sorted { $0.elements < $1.elements }
        self.predictsOutputShapes = predictsOutputShapes
        self.agreement = agreement
    }

    /// Nothing is known: every run goes to the run threads, and the engine allocates every output.
    package static let none = Calibration(points: [], predictsOutputShapes: false)

    /// Predicted time of a run, in nanoseconds: linear between measurements. Beyond the largest it grows at the largest
    /// rate seen, up to four times its size; after that nothing is promised.
    ///
    /// - Parameter elements: elements of all inputs together.
    package func predictedNanoseconds(elements: Int) -> UInt64 {
        guard let first = points.first, let last = points.last else { return .max }
        if elements <= first.elements { return first.nanoseconds }
        guard let above = points.firstIndex(where: { $0.elements >= elements }) else {
            guard elements / 4 <= last.elements else { return .max }
            let rate = Double(last.nanoseconds) / Double(max(last.elements, 1))
            return UInt64(rate * Double(elements))
        }
        let (low, high) = (points[above - 1], points[above])
        let share = Double(elements - low.elements) / Double(high.elements - low.elements)
        let (from, to) = (Double(low.nanoseconds), Double(high.nanoseconds))
        return UInt64(from + (to - from) * share)
    }
}

extension Calibration {
    /// Rows tried when the first dimension is free.
    static let rowCounts = [1, 8, 32]
    /// A size that takes longer than this, in nanoseconds, ends the series: larger ones never run on an event loop.
    private static let longRun: UInt64 = 5_000_000
    /// Inputs of more elements than this end it as well: making them up, and what the engine then keeps for them, costs more
    /// than what they would tell. Four times as many are still predicted.
    private static let mostElements = 2 << 20
    private static let runsPerSize = 9

    /// Warms a session up and measures it with made-up inputs of several sizes. Blocks for as long as that takes:
    /// fractions of a second for small models, about three runs for large ones.
    ///
    /// - Parameters:
    ///   - triesBatches: tries batches of slow models too, which takes as long as four more runs.
    ///   - hasRun: the version is known to run on real inputs. It is served although no made-up ones run, and
    ///     `problem` says why nothing is known about it.
    /// - Throws: `EngineError` when the model does not run; such a version must not be served.
    package static func measure(
        _ session: any Session, triesBatches: Bool = false, hasRun: Bool = false
    ) throws(EngineError) -> Calibration {
        var first: EngineError?
        // Some models divide by what they get, or look it up: the first kind of made-up inputs that runs is taken.
        for kind in SampleInputs.Kind.allCases {
            do throws(EngineError) {
                return try measure(session, kind, triesBatches)
            } catch {
                guard error.code == .runFailed else { throw error }
                first = first ?? error
            }
        }
        guard let first else { return Calibration(points: [], predictsOutputShapes: false) }
        guard hasRun else { throw first }
        return Calibration(points: [], predictsOutputShapes: false, problem: first)
    }

    private static func measure(
        _ session: any Session, _ kind: SampleInputs.Kind, _ triesBatches: Bool
    ) throws(EngineError) -> Calibration {
        let signature = session.signature
        let plan = OutputPlan(signature, enabled: true)
        let hasFreeRows = signature.inputs.contains { ($0.dimensions?.first?.size == nil) && $0.dimensions != [] }
        var points: [Point] = []
        var isPredicted = true
        for rows in hasFreeRows ? rowCounts : [1] {
            guard (points.first?.elements ?? 0) <= mostElements / rows else { break }
            guard let inputs = try? session.samples(SampleInputs(kind: kind), rows: rows) else { break }
            do throws(EngineError) {
                isPredicted = try shapesMatch(session, inputs, plan) && isPredicted
                let point = try time(session, inputs)
                if point.elements != points.last?.elements { points.append(point) }
                if point.nanoseconds > longRun { break }
            } catch {
                // Made-up rows beyond the first may not suit a model; that it does not run at all is its fault.
                if points.isEmpty { throw error }
                break
            }
        }
        let isQuick = points.allSatisfy { $0.nanoseconds <= longRun }
        return Calibration(
            points: session.isPredictable ? points : [], predictsOutputShapes: isPredicted,
            agreement: triesBatches || isQuick ? BatchTrial(session: session).agreement() : .untried)
    }

    private static func shapesMatch(
        _ session: any Session, _ inputs: [Tensor], _ plan: OutputPlan
    ) throws(EngineError) -> Bool {
        let outputs = try session.run(inputs)
        return outputs.indices.allSatisfy { index in
            plan.shape(index, inputs: inputs).map { $0 == outputs[index].shape } ?? true
        }
    }

    /// The median of several runs.
    private static func time(_ session: any Session, _ inputs: [Tensor]) throws(EngineError) -> Point {
        var times: [UInt64] = []
        for _ in 0..<runsPerSize {
            let start = MonotonicClock.now()
            _ = try session.run(inputs)
            times.append(MonotonicClock.now() - start)
            if times.last ?? 0 > longRun { break }
        }
        times.sort()
        return Point(
            elements: inputs.reduce(0) { $0 + $1.shape.elementCount }, nanoseconds: times[times.count / 2])
    }
}
