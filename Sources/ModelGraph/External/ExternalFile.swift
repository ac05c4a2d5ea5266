import Tensors

/// A file beside a model that holds elements of its tensors, and what the model says about it.
package struct ExternalFile: Hashable, Sendable {
    /// Its path below the model's folder: plain names.
    package let location: String
    /// How many tensors have their elements in it.
    package internal(set) var tensorCount: Int
    /// Bytes that the file must have: where the last of its tensors ends.
    package internal(set) var byteCount: Int
    /// SHA-1 of the whole file in hexadecimal, where the model gives it.
    package internal(set) var checksum: String?

    /// The most files that one model may name; exporters that write a file for each tensor stay below it.
    package static let most = 4096

    package init(location: String, tensorCount: Int = 0, byteCount: Int = 0, checksum: String? = nil) {
        self.location = location
        self.tensorCount = tensorCount
        self.byteCount = byteCount
        self.checksum = checksum
    }
}

extension Model {
    /// The files that hold elements of this model's tensors, in the order they are named, wherever in the model.
    ///
    /// - Throws: `GraphError.Code.externalData` for a reference that cannot be trusted: a path that could leave the
    ///   folder, a length that is not what type and shape need, parts of one file that overlap without being the same,
    ///   two checksums; `.limitExceeded` over `ExternalFile.most`.
    package func externalFiles() throws(GraphError) -> [ExternalFile] {
        var collector = ExternalFileCollector()
        try forEachTensor { (tensor) throws(GraphError) in try collector.add(tensor) }
        try collector.checkOverlaps()
        return collector.files
    }
}

/// Gathers the references of a model's tensors by file.
private struct ExternalFileCollector {
    private(set) var files: [ExternalFile] = []
    private var indices: [String: Int] = [:]
    /// The parts of each file that tensors use; tied weights name the same part twice.
    private var parts: [Set<Range<Int>>] = []

    mutating func add(_ tensor: TensorValue) throws(GraphError) {
        guard let reference = try tensor.externalReference else { return }
        let range = try tensor.externalRange(reference)
        let index = try index(of: reference.location)
        files[index].tensorCount += 1
        files[index].byteCount = max(files[index].byteCount, range.upperBound)
        if !range.isEmpty { parts[index].insert(range) }
        guard let checksum = reference.checksum?.lowercased() else { return }
        guard files[index].checksum == nil || files[index].checksum == checksum else {
            throw GraphError(
                .externalData, "file \(reference.location.quoted) has two checksums; expected one",
                at: Place(.initializer(tensor.name)))
        }
        files[index].checksum = checksum
    }

    private mutating func index(of location: String) throws(GraphError) -> Int {
        if let index = indices[location] { return index }
        guard files.count < ExternalFile.most else {
            throw GraphError(.limitExceeded, "the model names more than \(ExternalFile.most) files beside it")
        }
        indices[location] = files.count
        files.append(ExternalFile(location: location))
        parts.append([])
        return files.count - 1
    }

    func checkOverlaps() throws(GraphError) {
        for (file, parts) in zip(files, parts) {
            let sorted = parts.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
            for (left, right) in zip(sorted, sorted.dropFirst()) where right.lowerBound < left.upperBound {
                throw GraphError(
                    .externalData,
                    "file \(file.location.quoted): bytes \(left) and \(right) belong to two tensors; "
                        + "expected parts that are apart or the same")
            }
        }
    }
}

extension TensorValue {
    /// The bytes of the file that hold the elements: as many as type and shape need, from the offset on.
    ///
    /// - Throws: `GraphError.Code.externalData` when a length is given that differs, or the end does not fit 64 bits.
    func externalRange(_ reference: ExternalReference) throws(GraphError) -> Range<Int> {
        let place = Place(.initializer(name))
        guard elementType != .string, let needed = byteCount else {
            throw GraphError(
                .externalData, "has external data, but no type and shape of fixed size; expected both", at: place)
        }
        guard reference.length == nil || reference.length == needed else {
            throw GraphError(
                .externalData, "needs \(needed) bytes, but its external data has \(reference.length ?? 0)", at: place)
        }
        let (end, overflow) = reference.offset.addingReportingOverflow(needed)
        guard !overflow else {
            throw GraphError(.externalData, "external data ends beyond 64 bits", at: place)
        }
        return reference.offset..<end
    }
}
