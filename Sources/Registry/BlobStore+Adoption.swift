import Glibc
import Home
import Tensors
import Trust

extension BlobStore {
    /// Gives a file of the home's temporary directory, whose bytes have been compared with the digest, its name as a blob.
    /// Where the blob is stored already, with the right size, that one stays and the file goes.
    ///
    /// The order is that of `BlobWriter`: bytes to the disk, rename, directory to the disk.
    ///
    /// - Parameter descriptor: the file, open.
    /// - Throws: `RegistryError.Code.io` or `.full`; the file stays then.
    package func adopt(_ file: String, descriptor: Int32, as blob: Blob) throws(RegistryError) {
        guard fchmod(descriptor, 0o400) == 0, fsync(descriptor) == 0 else {
            throw RegistryError.system("write to the disk", file)
        }
        if size(blob.digest) == blob.size {
            unlink(file)
        } else {
            guard rename(file, path(blob.digest)) == 0 else {
                throw RegistryError.system("name the blob", path(blob.digest))
            }
        }
        try Folder.sync(home.blobs, RegistryError.system)
    }
}
