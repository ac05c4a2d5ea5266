import Tensors

/// One pickle of a file: what it stands for, or why it cannot be read, and every name that it would import.
package struct PickleStream: Sendable {
    /// Where it is: the path inside an archive, or nothing.
    package var place: String
    /// Where it begins in the file, or in the unpacked part of it.
    package var start: Int
    /// What it stands for; `nil` when it is broken.
    package var document: PickleDocument?
    /// In the order of the stream; also of a broken one, up to the fault: Python would have run that much.
    package var globals: [GlobalUse]
    /// What is wrong with it.
    package var fault: PickleError?
    /// Whether arrays' elements stand in it, as joblib writes them.
    package var hasRawArrays: Bool

    /// Reads one stream.
    ///
    /// - Parameter start: where it begins in `bytes`.
    package init(_ bytes: PickleBytes, at start: Int = 0, place: String = "", limits: PickleLimits = PickleLimits()) {
        self.place = place
        self.start = start
        var machine = PickleMachine(bytes, at: start, options: .init(limits: limits, readsRawArrays: true))
        do {
            document = try machine.run()
        } catch {
            fault = error
        }
        globals = machine.globals.uses
        hasRawArrays = globals.contains { $0.module == "joblib.numpy_pickle" && $0.name == "NumpyArrayWrapper" }
        if hasRawArrays { addWhatOnlyPlainReadersSee(bytes, limits) }
    }

    /// `pickle.load` does not know of the elements in the stream and takes them for instructions. So that nothing can
    /// hide among them, the stream is read that way too; of what comes after the first array, only what is dangerous
    /// counts, because honest elements are noise.
    private mutating func addWhatOnlyPlainReadersSee(_ bytes: PickleBytes, _ limits: PickleLimits) {
        var machine = PickleMachine(bytes, at: start, options: .init(limits: limits, readsRawArrays: false))
        _ = try? machine.run()
        let known = Set(globals.map(\.fullName))
        globals += machine.globals.uses.filter { !known.contains($0.fullName) && $0.verdict.reason != nil }
    }
}
