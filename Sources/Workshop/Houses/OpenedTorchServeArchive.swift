import Glibc
package import Home
package import Houses
import ModelGraph
import Tensors

/// A TorchServe archive, opened: the model in it lies in a folder that goes with this value. Its handler is never run.
package final class OpenedTorchServeArchive {
    package let house: House
    package let folder: HouseFolder
    private let path: String
    private let file: String

    /// Whether a file is such an archive: a zip by its first bytes, and by its name.
    package static func isOne(_ path: String) -> Bool {
        guard path.hasSuffix(".mar"), let mapped = try? MappedFile(path: path, maximumBytes: largest) else {
            return false
        }
        let buffer = mapped.buffer
        return withExtendedLifetime(buffer) { buffer.bytes.starts(with: [0x50, 0x4b]) }
    }

    private static let largest = 8 << 30
    private static let largestManifest = 1 << 20

    /// - Throws: `HouseError` naming what was found, `WorkshopError` when the archive is damaged or does not fit.
    package init(_ path: String, home: HomeDirectory) throws {
        let archive: ZipArchive
        let bytes: TensorBuffer
        let description: TorchServeArchive
        do {
            let mapped = try MappedFile(path: path, maximumBytes: Self.largest)
            archive = try ZipArchive(mapped.buffer, limits: ArrayLimits(bytes: Self.largest))
            guard let manifest = archive.members.first(where: { $0.name == TorchServeArchive.manifest }) else {
                throw HouseError(.missing, "the archive has no \(TorchServeArchive.manifest)")
            }
            guard manifest.byteCount <= Self.largestManifest else {
                throw HouseError(.tooLarge, "\(TorchServeArchive.manifest) has \(manifest.byteCount) bytes")
            }
            description = try TorchServeArchive(
                manifest: try Self.contents(try archive.bytes(of: manifest), manifest.byteCount),
                members: archive.members.map(\.name))
            guard let member = archive.members.first(where: { $0.name == description.file }) else {
                throw HouseError(.missing, "the archive has no \(description.file.quoted)")
            }
            bytes = try archive.bytes(of: member)
        } catch let error as HouseError {
            throw error
        } catch let error as TensorError {
            throw WorkshopError(.rejected, "the archive cannot be read: \(error.message)")
        } catch {
            throw WorkshopError(.unreadable, "the archive cannot be read: \(error)")
        }
        guard let name = HouseName.model(description.name) else {
            throw HouseError(.unsupported, "the model's name \(description.name.quoted) has no letter and no digit")
        }
        var template = Array("\(home.temporary)/archive-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw WorkshopError(.storage, "cannot make a folder in the home: \(String(cString: strerror(errno)))")
        }
        self.path = String(cString: made)
        file = description.file.hasSuffix(".onnx") ? "model.onnx" : "model.pkl"
        folder = try HouseFolder(self.path)
        var model = HouseModel(
            original: description.name, name: name, body: .versions([HouseVersion(number: 1, file: file)]))
        model.served = [1]
        model.numbersVersions = false
        if !description.version.isEmpty { model.labels["torchserve.version"] = description.version.shown }
        model.remarks = [
            "its handler \(description.handler.quoted) is left out: declare what it prepares (docs/images.md, docs/tables.md)"
        ]
        house = House(kind: .torchServe, models: [model])
        try Self.write(bytes, to: "\(self.path)/\(file)")
    }

    deinit {
        unlink("\(path)/\(file)")
        rmdir(path)
    }

    private static func contents(_ buffer: TensorBuffer, _ count: Int) throws -> [UInt8] {
        withExtendedLifetime(buffer) { Array(buffer.bytes.prefix(count)) }
    }

    private static func write(_ buffer: TensorBuffer, to path: String) throws(WorkshopError) {
        defer { withExtendedLifetime(buffer) {} }
        let bytes = buffer.bytes
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw WorkshopError(.storage, "cannot write into the home: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw WorkshopError(.storage, "cannot write into the home: \(String(cString: strerror(errno)))")
            }
            written += count
        }
    }
}
