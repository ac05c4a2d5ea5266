import Dispatch
import Engines
import Monitor
import Synchronization
import Tensors

/// Measures a session without a server around it: as many runs at a time as it has instances, each as soon as the one
/// before is over.
struct SessionBench: Sendable {
    let session: any Session
    let instances: Int
    /// Sets of inputs, used in turn.
    let inputs: [[Tensor]]

    /// What the runs of one measurement took, in seconds.
    struct Times: Sendable {
        var runs: [Double]
        var instances: Int

        /// Runs a second, all instances together.
        var rate: Estimate { Estimate(runs).inverted { Double(instances) / $0 } }

        mutating func add(_ other: Times) { runs += other.runs }
    }

    /// Blocks for `seconds`, or until every instance has run `leastRuns` times, whichever is later.
    ///
    /// - Throws: `EngineError` of a run that failed.
    func measure(seconds: Double, leastRuns: Int = 3) throws(EngineError) -> Times {
        let result = Mutex<(runs: [Double], failure: EngineError?)>(([], nil))
        DispatchQueue.concurrentPerform(iterations: max(1, instances)) { instance in
            var runs: [Double] = []
            var failure: EngineError?
            let start = Self.now()
            var before = start
            while (before - start < seconds || runs.count < leastRuns) && failure == nil {
                do throws(EngineError) {
                    _ = try session.run(inputs[(runs.count + instance) % inputs.count])
                } catch {
                    failure = error
                }
                let after = Self.now()
                runs.append(after - before)
                before = after
            }
            result.withLock {
                $0.runs += runs
                $0.failure = $0.failure ?? failure
            }
        }
        let (runs, failure) = result.withLock { $0 }
        if let failure { throw failure }
        return Times(runs: runs, instances: max(1, instances))
    }

    /// Seconds on a clock that does not go back.
    private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
