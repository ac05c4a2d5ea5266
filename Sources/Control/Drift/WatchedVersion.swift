import Drift
import Serve
import Tensors
import Workshop

/// What is known about the traffic of one version under one endpoint: closed windows, the one that is open, and what the
/// newest say. A value; time comes from outside.
struct WatchedVersion: Sendable {
    /// A window that was closed, or the one that is open.
    struct Window: Sendable {
        /// Milliseconds since 1970.
        var from: Int
        var to: Int
        var profile: Profile
        /// What calibrated confidence said of the answers; not kept in the home.
        var accuracy = AccuracyTally()
    }

    let reference: ReferenceProfile
    let rule: DriftRule
    /// Milliseconds that a window is open at least; it stays open until it has rows enough to be judged.
    let duration: Int
    private(set) var open: Window
    /// The newest last; at most `mostClosed`.
    private(set) var closed: [Window]
    private(set) var report: DriftReport
    /// Rows since the server began to watch.
    private(set) var rows = 0

    /// Windows that are kept beside the open one.
    static let mostClosed = 8
    /// Rows of one request that are looked at: a request of many is one client.
    static let mostRows = 256

    /// - Parameter windows: what was kept, of this reference's features or others; the newest last.
    init(
        _ reference: ReferenceProfile, rule: DriftRule = DriftRule(), duration: Int, windows: [Window] = [],
        open: Window? = nil, now: Int
    ) {
        self.reference = reference
        self.rule = rule
        self.duration = duration
        closed = windows.filter { $0.profile.layout == reference.profile.layout }.suffix(Self.mostClosed)
        self.open = Window(from: now, to: now, profile: reference.profile.window())
        if let open, open.profile.layout == reference.profile.layout {
            self.open.from = open.from
            try? self.open.profile.merge(open.profile)
        }
        report = DriftReport(reference: reference.profile, windows: closed.map(\.profile), rule: rule)
    }

    /// Takes in an answered request.
    ///
    /// - Parameter reader: finds the answer's class and confidence, where the version is a classifier.
    mutating func add(_ inference: WatchedInference, of signature: Signature, reader: ClassReader? = nil) {
        guard inference.inputs.count == signature.inputs.count else { return }
        if let reader, let curve = reference.confidence?.calibration {
            let outputs = inference.outputs
            reader.read(most: Self.mostRows) {
                outputs.indices.contains($0) ? outputs[$0] : nil
            } _: { _, said in
                if let confidence = said.confidence { open.accuracy.add(curve.right(at: confidence)) }
            }
        }
        let cut = { (tensor: Tensor) -> Tensor? in
            guard let rows = tensor.rowCount, rows > Self.mostRows else { return tensor }
            return try? tensor.rows(0..<Self.mostRows)
        }
        rows += open.profile.add(
            inputs: inference.inputs.map(cut), outputs: inference.outputs.map { $0.flatMap(cut) }, of: signature)
    }

    /// Closes the window if its time is over and it has rows enough, and judges it.
    ///
    /// - Returns: the window that was closed.
    mutating func tick(now: Int) -> Window? {
        // The clock may have been set back.
        open.from = min(open.from, now)
        open.to = now
        guard now - open.from >= duration, open.profile.rows >= UInt64(rule.smallestWindow) else { return nil }
        let window = open
        closed.append(window)
        if closed.count > Self.mostClosed { closed.removeFirst(closed.count - Self.mostClosed) }
        open = Window(from: now, to: now, profile: reference.profile.window())
        report = DriftReport(reference: reference.profile, windows: closed.map(\.profile), rule: rule)
        return window
    }

    /// Accuracy without labels, over the newest closed window and the open one.
    var estimate: AccuracyTally { (closed.last?.accuracy ?? AccuracyTally()) + open.accuracy }

    /// The word for its state.
    var state: String {
        if report.rows.isEmpty { return "gathering" }
        if !report.drifting.isEmpty { return "drift" }
        return report.rows.contains(where: \.standsOut) ? "suspected" : "stable"
    }
}

/// How many requests are looked at, so that sketching stays within its share of the processor.
enum Sampling {
    /// Rows a second for each version.
    static let rowsPerSecond = 1000

    /// One in how many requests is to be taken next.
    ///
    /// - Parameters:
    ///   - seen: requests of the last `seconds`, of which `taken` were taken with `rows` rows.
    ///   - stride: what it was. It rises at once and falls by halves.
    static func stride(after stride: Int, seen: Int, taken: Int, rows: Int, seconds: Double) -> Int {
        guard seconds > 0, seen > 0 else { return max(1, stride) }
        let each = taken > 0 ? min(Double(WatchedVersion.mostRows), Double(rows) / Double(taken)) : 1
        let wanted = (Double(seen) * max(1, each) / (Double(rowsPerSecond) * seconds)).rounded(.up)
        return max(1, Int(min(wanted, 1e9)), stride / 2)
    }
}
