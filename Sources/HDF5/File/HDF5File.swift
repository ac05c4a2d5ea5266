package import Tensors

/// An HDF5 file in memory: groups, datasets and attributes, as far as Keras writes them. Own code and no C library,
/// because what is read comes from strangers.
///
/// Everything that is read of it is counted against one set of limits. Belongs to one thread.
package final class HDF5File {
    let buffer: TensorBuffer
    let limits: HDF5Limits
    private var entriesLeft: Int
    private var bytesLeft: Int
    private var heaps: [UInt64: GlobalHeap] = [:]
    private let rootAddress: UInt64

    /// Whether a file begins as HDF5 files do.
    package static func isHDF5(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: Superblock.signature) }

    /// - Throws: `HDF5Error` when it is no HDF5 file, or one that is not read here.
    package init(_ buffer: TensorBuffer, limits: HDF5Limits = HDF5Limits()) throws(HDF5Error) {
        self.buffer = buffer
        self.limits = limits
        entriesLeft = limits.entries
        bytesLeft = limits.bytes
        rootAddress = try Superblock(try ByteCursor(buffer, at: 0, "the superblock")).root
    }

    /// The group that everything is in.
    ///
    /// - Throws: `HDF5Error` when it cannot be read.
    package func root() throws(HDF5Error) -> HDF5Group {
        guard case .group(let group) = try object(at: rootAddress, path: "") else {
            throw .malformed("the file's root is no group")
        }
        return group
    }

    /// What an object header describes.
    func object(at address: UInt64, path: String) throws(HDF5Error) -> HDF5Object {
        let header = try ObjectHeader(self, at: address)
        if header.message(.dataspace) != nil, header.message(.layout) != nil {
            return .dataset(HDF5Dataset(file: self, header: header, path: path))
        }
        return .group(HDF5Group(file: self, header: header, path: path))
    }

    func cursor(at address: UInt64, count: Int? = nil, _ what: String) throws(HDF5Error) -> ByteCursor {
        try ByteCursor(buffer, at: address, count: count, what)
    }

    /// Takes `count` entries from what the file may cost.
    func spend(entries count: Int) throws(HDF5Error) {
        guard count <= entriesLeft else {
            throw HDF5Error(
                .tooLarge, "the file has more than \(limits.entries) entries that are read; no more are accepted")
        }
        entriesLeft -= count
    }

    /// Takes `count` bytes from what the file may cost, before they are allocated.
    func spend(bytes count: Int, _ what: String) throws(HDF5Error) {
        guard count >= 0, count <= bytesLeft else {
            throw HDF5Error(
                .tooLarge, "\(what) has \(count) bytes; \(bytesLeft) of \(limits.bytes) are left for this file")
        }
        bytesLeft -= count
    }

    /// The collection of long values at an address; read once.
    func heap(at address: UInt64) throws(HDF5Error) -> GlobalHeap {
        if let heap = heaps[address] { return heap }
        let heap = try GlobalHeap(self, at: address)
        heaps[address] = heap
        return heap
    }
}

/// What stands under a name.
package enum HDF5Object {
    case group(HDF5Group)
    case dataset(HDF5Dataset)
}
