import CEngines

/// The process's heap, which engines use for weights and for what they compute.
package enum EngineMemory {
    /// Returns freed memory to the system; call it after a model is loaded or unloaded.
    ///
    /// glibc keeps what an engine freed: half of the resident size after loading ResNet-50. Takes about 10 ms then.
    package static func trim() {
        slipway_trim_heap()
    }

    /// Lets go of the program's own pages, and the libraries', that were only needed to come so far: a third of what a
    /// process has resident that then does little. Those that are needed again cost a fault each, microseconds.
    package static func forgetCode() {
        slipway_forget_code()
    }

    /// Gives engines no large block (4 MiB and more) that would make the heap larger than this; 0 for no limit.
    ///
    /// A graph may make a tensor of any size out of a number in a request. The run fails then, with
    /// `EngineError.Code.outOfMemory`, and nothing was written: the limit acts before allocation. Only libraries are
    /// refused, this program is not.
    package static func limit(heapBytes: Int) {
        slipway_limit_heap(max(0, heapBytes))
    }

    /// Whether so many bytes more would stay within the limit now.
    package static func admits(_ bytes: Int) -> Bool { slipway_heap_admits(max(0, bytes)) }

    /// What `body` throws, told apart: a run that failed while an engine was refused memory failed for that.
    static func explaining<Result>(
        _ engine: EngineKind, _ body: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        let before = slipway_heap_refusals()
        do throws(EngineError) {
            return try body()
        } catch {
            guard error.code == .runFailed, slipway_heap_refusals() != before else { throw error }
            throw EngineError(
                .outOfMemory, engine, "the run needs more memory than engines may have: \(error.message)",
                nativeCode: error.nativeCode)
        }
    }
}
