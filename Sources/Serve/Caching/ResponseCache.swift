import Engines
import Monitor
import Synchronization
import Tensors
import Trust

/// Answers of one version, kept for requests that come again; bounded in bytes, the longest unused go first.
///
/// Of equal requests that come while none is answered, one runs and the others wait for it. Safe from any thread.
final class ResponseCache: Sendable {
    /// What a request is in every protocol: its inputs' shapes and bytes, and the outputs it wants.
    ///
    /// A cryptographic hash: two requests that differ cannot be made to look alike.
    struct Key: Hashable, Sendable {
        private let digest: Digest

        init(inputs: [Tensor], wanted: [Int]) {
            var hash = DigestWriter()
            hash.write(wanted)
            for tensor in inputs {
                hash.write(tensor.shape.dimensions)
                if let strings = tensor.strings {
                    hash.write(strings.ends)
                    strings.bytes.withUnsafeBytes { hash.write($0) }
                } else {
                    hash.write(tensor.bytes)
                }
            }
            digest = hash.digest()
        }
    }

    /// What to do with a request.
    enum Finding {
        /// It was answered before.
        case answer([OutputSlot])
        /// Nobody has asked this: run it, then call `keep` or `giveUp`.
        case run
        /// Another request runs; the follower is called.
        case wait
    }

    /// Told what the running request's answer was; `nil` when it came to nothing and one has to run by oneself.
    typealias Follower = @Sendable ([OutputSlot]?) -> Void

    private struct State {
        var answers = RecencyList<Key, [OutputSlot]>()
        var running: [Key: [Follower]] = [:]
        /// Where to count.
        var metrics: CacheMetrics?
    }

    /// Bytes of answers that are kept.
    let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Where to count; the latest counts.
    func report(to metrics: CacheMetrics) {
        state.withLock { $0.metrics = metrics }
    }

    /// Bytes kept now.
    var byteCount: Int { state.withLock { $0.answers.cost } }

    /// - Parameter follower: called once if and only if the finding is `.wait`, from any thread.
    func find(_ key: Key, follower: @autoclosure () -> Follower) -> Finding {
        state.withLock { state in
            if let answer = state.answers.use(key) {
                state.metrics?.hits.add()
                return .answer(answer)
            }
            if state.running[key] == nil {
                state.running[key] = []
                state.metrics?.misses.add()
                return .run
            }
            state.running[key]?.append(follower())
            state.metrics?.shared.add()
            return .wait
        }
    }

    /// The running request was answered: keeps a copy unless it is too large, and tells those who wait.
    func keep(_ key: Key, _ answer: [OutputSlot]) {
        let cost = answer.reduce(Self.overhead) { $0 + $1.byteCount }
        let copy = cost <= capacity / 8 ? Self.copied(answer) : nil
        let followers = state.withLock { state in
            if let copy {
                state.answers.insert(key, copy, cost: cost)
                while state.answers.cost > capacity { state.answers.removeOldest() }
            }
            return state.running.removeValue(forKey: key) ?? []
        }
        for follower in followers { follower(answer) }
    }

    /// The running request came to nothing.
    func giveUp(_ key: Key) {
        for follower in state.withLock({ $0.running.removeValue(forKey: key) ?? [] }) { follower(nil) }
    }

    /// What an entry takes beside its tensors, roughly.
    private static let overhead = 512

    /// In memory of its own: that of the requests goes back to their pool.
    private static func copied(_ slots: [OutputSlot]) -> [OutputSlot] {
        slots.map { slot in
            guard case .tensor(let tensor) = slot, tensor.strings == nil else { return slot }
            let buffer = TensorBuffer(capacity: tensor.byteCount)
            buffer.mutableBytes.copyMemory(from: tensor.bytes)
            return (try? Tensor(tensor.elementType, tensor.shape, buffer: buffer)).map { .tensor($0) } ?? slot
        }
    }
}

extension OutputSlot {
    fileprivate var byteCount: Int {
        guard case .tensor(let tensor) = self else { return 0 }
        return tensor.byteCount + (tensor.strings.map { $0.ends.count * 8 } ?? 0)
    }
}

extension DigestWriter {
    /// With their number, so that lists of lists do not run together.
    fileprivate mutating func write(_ numbers: [Int]) {
        withUnsafeBytes(of: numbers.count) { write($0) }
        numbers.withUnsafeBytes { write($0) }
    }
}
