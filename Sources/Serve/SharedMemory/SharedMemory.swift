import Glibc
import Synchronization
import Tensors

/// Regions of this machine's shared memory that clients have registered, for tensors that need not travel.
///
/// Nothing is mapped: bytes are copied with `pread` and `pwrite`. A client that shrinks a segment meanwhile gets an
/// error, where a mapping would end the process. Errors name neither keys nor regions: whoever guesses learns nothing.
///
/// Source: Triton, system shared memory extension. Safe from any thread.
final class SharedMemory: Sendable {
    /// A region as it was registered.
    struct Region: Sendable {
        var name: String
        var key: String
        var offset: Int
        var byteCount: Int
        fileprivate var segment: Segment
    }

    /// Each holds a descriptor.
    private static let mostRegions = 1024

    private let prefixes: [String]
    private let regions = Mutex<[String: Region]>([:])

    /// - Parameter prefixes: with one of these the keys of segments have to begin; without the leading slash, none empty.
    /// - Returns: `nil` without any: nothing is shared.
    init?(prefixes: [String]) {
        guard !prefixes.isEmpty else { return nil }
        self.prefixes = prefixes
    }

    /// - Throws: `RequestFault` for a key outside of the prefix, a segment that is not there or too small, a name that is
    ///   taken.
    func register(_ name: String, key: String, offset: Int, byteCount: Int) throws(RequestFault) {
        guard !name.isEmpty else { throw RequestFault(.invalidInput, "a shared memory region needs a name") }
        let path = try allowed(key)
        guard offset >= 0, byteCount > 0 else {
            throw RequestFault(.invalidInput, "'offset' of a region is at least 0, its 'byte_size' at least 1")
        }
        let segment = try Segment(path)
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard !overflow, end <= segment.byteCount else {
            throw RequestFault(
                .invalidInput, "the region of \(byteCount) bytes from \(offset) on does not lie within its segment")
        }
        let region = Region(name: name, key: key, offset: offset, byteCount: byteCount, segment: segment)
        try regions.withLock { regions throws(RequestFault) in
            guard regions[name] == nil else {
                throw RequestFault(.invalidInput, "a shared memory region of this name is registered already")
            }
            guard regions.count < Self.mostRegions else {
                throw RequestFault(
                    .outOfMemory, "\(Self.mostRegions) shared memory regions are registered; unregister some")
            }
            regions[name] = region
        }
    }

    /// Forgets a region, or all without a name. One that is not there is no fault.
    func unregister(_ name: String) {
        regions.withLock { regions in
            if name.isEmpty { regions.removeAll() } else { regions[name] = nil }
        }
    }

    /// The region of a name, or all without one, by name.
    func registered(_ name: String) throws(RequestFault) -> [Region] {
        if !name.isEmpty { return [try region(name)] }
        return regions.withLock { Array($0.values) }.sorted { $0.name < $1.name }
    }

    private func region(_ name: String) throws(RequestFault) -> Region {
        guard let region = regions.withLock({ $0[name] }) else {
            throw Self.unknown
        }
        return region
    }

    static let unknown = RequestFault(.unknownRegion, "there is no shared memory region of this name")

    /// Source: POSIX `shm_open`: a slash, and no other.
    private func allowed(_ key: String) throws(RequestFault) -> String {
        let name = key.hasPrefix("/") ? key.dropFirst() : Substring(key)
        guard prefixes.contains(where: { name.hasPrefix($0) }), name.utf8.count <= 255,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !name.contains("/")
        else {
            throw RequestFault(
                .invalidInput, "the segment's key is not one of those that this server was told it may open")
        }
        return "/" + name
    }
}

// MARK: - Tensors

extension SharedMemory {
    /// Copies a part out.
    ///
    /// - Throws: `RequestFault` for a part beyond its region, or beyond what is left of its segment; `.outOfMemory`.
    func read(_ part: SharedPart, pool: BufferPool) throws(RequestFault) -> TensorBuffer {
        let (region, start) = try find(part)
        guard let buffer = pool.buffer(part.byteCount) else { throw .exhausted }
        try region.segment.read(
            UnsafeMutableRawBufferPointer(start: buffer.base, count: part.byteCount), from: start)
        return buffer
    }

    /// Copies bytes to the beginning of a part.
    ///
    /// - Throws: `RequestFault` for more bytes than the part has, and as `read` does.
    func write(_ bytes: UnsafeRawBufferPointer, to part: SharedPart) throws(RequestFault) {
        guard bytes.count <= part.byteCount else {
            throw RequestFault(
                .invalidInput,
                "an output has \(bytes.count) bytes, but 'shared_memory_byte_size' is \(part.byteCount)")
        }
        let (region, start) = try find(part)
        try region.segment.write(bytes, to: start)
    }

    /// Checks that a part lies within its region.
    func check(_ part: SharedPart) throws(RequestFault) { _ = try find(part) }

    private func find(_ part: SharedPart) throws(RequestFault) -> (region: Region, start: Int) {
        let region = try region(part.region)
        let (end, overflow) = part.offset.addingReportingOverflow(part.byteCount)
        guard part.offset >= 0, part.byteCount >= 0, !overflow, end <= region.byteCount else {
            throw RequestFault(
                .invalidInput,
                "\(part.byteCount) bytes from \(part.offset) on do not lie within the region of \(region.byteCount)")
        }
        // Registered within a segment of less than 2^63 bytes.
        return (region, region.offset + part.offset)
    }
}

/// An open segment of shared memory; closed with its last reference.
final class Segment: Sendable {
    private let descriptor: Int32
    /// Its size when it was opened.
    let byteCount: Int

    /// - Throws: `RequestFault.Code.invalidInput` for what is not there, may not be opened, or is no segment.
    fileprivate init(_ path: String) throws(RequestFault) {
        var opened = shm_open(path, O_RDWR | O_NONBLOCK, 0)
        if opened < 0, errno == EACCES { opened = shm_open(path, O_RDONLY | O_NONBLOCK, 0) }
        var facts = stat()
        guard opened >= 0, fstat(opened, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            if opened >= 0 { close(opened) }
            throw RequestFault(.invalidInput, "the segment cannot be opened")
        }
        descriptor = opened
        byteCount = Int(facts.st_size)
    }

    deinit { close(descriptor) }

    fileprivate func read(_ target: UnsafeMutableRawBufferPointer, from start: Int) throws(RequestFault) {
        var done = 0
        while done < target.count {
            let count = pread(descriptor, target.baseAddress?.advanced(by: done), target.count - done, start + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.shrunk }
            done += count
        }
    }

    fileprivate func write(_ source: UnsafeRawBufferPointer, to start: Int) throws(RequestFault) {
        // Writing beyond its end would make it larger than its owner wants it.
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, Int(facts.st_size) - start >= source.count else { throw Self.shrunk }
        var done = 0
        while done < source.count {
            let count = pwrite(descriptor, source.baseAddress?.advanced(by: done), source.count - done, start + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw RequestFault(.invalidInput, "the shared memory region cannot be written")
            }
            done += count
        }
    }

    private static let shrunk = RequestFault(
        .invalidInput, "the shared memory segment has become smaller than its region")
}
