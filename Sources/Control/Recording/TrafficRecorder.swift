import Comparing
import Home
import Logging
import Monitor
import Release
import Serve
import ServiceLifecycle
import Tensors
import Trust

/// Keeps a sample of the requests of endpoints that ask for it: empties taps four times a second, leaves out and hashes what must
/// not be kept, and writes a file when enough has come together, or after some minutes.
actor TrafficRecorder: Service {
    private struct Subject {
        var servable: Servable
        var endpoint: String
        var recording: TrafficRecording
        var requests: [[(name: String, tensor: Tensor)]] = []
        var bytes = 0
        /// Milliseconds since 1970, when the first of them came.
        var since = 0
    }

    private let platform: LocalPlatform
    private let store: RecordedTraffic
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let ticker: Ticker
    private var subjects: [ObjectIdentifier: Subject] = [:]
    private var files = 0
    private var prunedAt = 0
    /// Mixed into hashes, so that nobody finds a text by hashing what it might be.
    private let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max) }

    /// Bytes of tensors of a file, and milliseconds after which it is written whatever there is.
    private static let mostBytes = 4 << 20
    private static let longest = 60_000
    /// Milliseconds between looks for what is too old.
    private static let rest = 60_000

    init(
        platform: LocalPlatform, store: RecordedTraffic, metrics: MetricsRegistry, logger: Logger,
        ticker: Ticker = Ticker(every: .milliseconds(250))
    ) {
        self.platform = platform
        self.store = store
        self.metrics = metrics
        self.logger = logger
        self.ticker = ticker
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while await self.ticker.next() { await self.tick() }
        }
        for key in subjects.keys {
            gather(key, Self.now)
            write(key, Self.now)
        }
    }

    private static var now: Int { Int(Timestamp.now().milliseconds) }

    private func tick() async {
        let now = Self.now
        var present: Set<ObjectIdentifier> = []
        for (endpoint, running) in await platform.answering() {
            guard let recording = running.revision.spec.settings.recording else { continue }
            let answering = Set(running.revision.spec.answering.map(\.digest))
            for servable in running.servables.values where answering.contains(servable.digest) {
                let key = ObjectIdentifier(servable)
                present.insert(key)
                watch(key, servable, endpoint.text, recording)
            }
        }
        for (key, subject) in subjects {
            gather(key, now)
            if !present.contains(key) {
                subject.servable.recorder.oneIn = 0
                write(key, now)
                subjects[key] = nil
            } else if let open = subjects[key], !open.requests.isEmpty,
                open.requests.count >= RecordedRequests.mostRequests || open.bytes >= Self.mostBytes
                    || Lapse.isOver(Self.longest, since: open.since, at: now)
            {
                write(key, now)
            }
        }
        if Lapse.isOver(Self.rest, since: prunedAt, at: now) {
            prunedAt = now
            for subject in subjects.values { store.prune(subject.endpoint, subject.recording, at: now) }
        }
    }

    private func watch(_ key: ObjectIdentifier, _ servable: Servable, _ endpoint: String, _ recording: TrafficRecording)
    {
        guard subjects[key]?.recording != recording else { return }
        if subjects[key] == nil {
            _ = servable.recorder.empty()
            subjects[key] = Subject(servable: servable, endpoint: endpoint, recording: recording)
        }
        subjects[key]?.recording = recording
        let (whole, share) = (TrafficSplit.whole, recording.share.basisPoints)
        servable.recorder.oneIn = max(1, (whole + share / 2) / share)
    }

    /// Takes what has come in since the last time.
    private func gather(_ key: ObjectIdentifier, _ now: Int) {
        guard let servable = subjects[key]?.servable else { return }
        for inference in servable.recorder.empty().taken {
            guard var subject = subjects.removeValue(forKey: key) else { return }
            if subject.requests.isEmpty { subject.since = now }
            let request = kept(inference.inputs, of: servable.signature, subject.recording)
            subject.bytes += request.reduce(0) { $0 + $1.tensor.byteCount }
            subject.requests.append(request)
            metrics.counter(
                "slipway_recorded_requests_total", "Requests that were taken to be kept and asked again.",
                [Label("endpoint", subject.endpoint)]
            ).add()
            let isFull =
                subject.requests.count >= RecordedRequests.mostRequests || subject.bytes >= Self.mostBytes
            subjects[key] = subject
            if isFull { write(key, now) }
        }
    }

    /// The inputs that are kept: copies, because the requests' own memory is needed again.
    private func kept(
        _ inputs: [Tensor], of signature: Signature, _ recording: TrafficRecording
    ) -> [(name: String, tensor: Tensor)] {
        zip(signature.inputs, inputs).compactMap { spec, tensor in
            guard !recording.without.contains(spec.name) else { return nil }
            if recording.hashed.contains(spec.name) { return hashed(tensor).map { (spec.name, $0) } }
            return tensor.copied.map { (spec.name, $0) }
        }
    }

    /// Texts by their hashes. Numbers cannot be hashed and stay what they are: they are left out.
    private func hashed(_ tensor: Tensor) -> Tensor? {
        guard let texts = tensor.strings else { return nil }
        let hashes = (0..<texts.count).map { index in
            String(Digest(of: salt + texts[index]).hex.prefix(16))
        }
        return try? Tensor(tensor.shape, strings: StringElements(hashes))
    }

    private func write(_ key: ObjectIdentifier, _ now: Int) {
        guard var subject = subjects[key], !subject.requests.isEmpty else { return }
        let requests = subject.requests
        (subject.requests, subject.bytes) = ([], 0)
        subjects[key] = subject
        guard let bytes = RecordedRequests.encode(requests) else {
            return logger.warning(
                "requests cannot be recorded: their inputs do not fit into NumPy's format",
                metadata: ["endpoint": "\(subject.endpoint)"])
        }
        files += 1
        do {
            try store.keep(bytes, at: now, number: files, of: subject.endpoint, subject.recording)
        } catch {
            logger.warning(
                "requests could not be recorded",
                metadata: ["endpoint": "\(subject.endpoint)", "reason": "\(error)"])
        }
    }
}

extension Tensor {
    /// The same elements in memory of its own; `nil` when there is none.
    fileprivate var copied: Tensor? {
        guard strings == nil else { return self }
        let buffer = TensorBuffer(capacity: byteCount)
        buffer.mutableBytes.copyMemory(from: bytes)
        return try? Tensor(elementType, shape, buffer: buffer)
    }
}
