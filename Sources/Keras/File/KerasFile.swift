package import HDF5
package import Tensors

/// A model as Keras saves it: its configuration, and where its weights are. Nothing in it is executed.
///
/// Source: `keras/src/saving/saving_lib.py` (a zip file) and `keras/src/legacy/saving/legacy_h5_format.py` of Keras 3.15.
package struct KerasFile {
    /// What the file is, in words.
    package let format: String
    /// The version of Keras that wrote it, where it says so.
    package let version: String?
    /// The model's configuration; `nil` for a file that holds weights alone.
    package let configuration: JSONValue?
    /// The weights.
    let weights: HDF5File
    /// Whether weights are listed layer by layer, as the older format does.
    let isLegacy: Bool

    private static let configurationName = "config.json"
    private static let metadataName = "metadata.json"
    private static let weightsName = "model.weights.h5"
    /// Bytes of a configuration; the largest models of the zoo have some 2 MB.
    private static let largestConfiguration = 64 << 20

    /// Whether a file begins as one that may be read here.
    package static func mayOpen(_ buffer: TensorBuffer) -> Bool {
        HDF5File.isHDF5(buffer.bytes) || isArchive(buffer)
    }

    /// Whether it is a zip file with a model of Keras in it.
    private static func isArchive(_ buffer: TensorBuffer) -> Bool {
        guard buffer.bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) else { return false }
        guard let archive = try? ZipArchive(buffer, limits: ArrayLimits()) else { return false }
        return archive.members.contains { $0.name == configurationName }
            && archive.members.contains { $0.name.hasPrefix("model.weights") }
    }

    /// - Throws: `KerasError` when it is no such file, or damaged.
    package init(_ buffer: TensorBuffer, limits: HDF5Limits = HDF5Limits()) throws(KerasError) {
        if HDF5File.isHDF5(buffer.bytes) {
            try self.init(legacy: buffer, limits)
        } else {
            try self.init(archive: buffer, limits)
        }
    }

    private init(legacy buffer: TensorBuffer, _ limits: HDF5Limits) throws(KerasError) {
        do {
            weights = try HDF5File(buffer, limits: limits)
            let root = try weights.root()
            let text = try root.attribute("model_config")?.texts().first
            version = try root.attribute("keras_version")?.texts().first ?? Self.versionOfWeights(root)
            configuration = try text.map { text throws(KerasError) in try Self.parse(Array(text.utf8)) }
            format = configuration == nil ? "HDF5, weights" : "HDF5"
            isLegacy = true
        } catch let error as HDF5Error {
            throw KerasError(error)
        } catch let error as KerasError {
            throw error
        } catch {
            throw KerasError("\(error)")
        }
    }

    private static func versionOfWeights(_ root: HDF5Group) throws(HDF5Error) -> String? {
        try root.group(["model_weights"])?.attribute("keras_version")?.texts().first
    }

    private init(archive buffer: TensorBuffer, _ limits: HDF5Limits) throws(KerasError) {
        do {
            let archive = try ZipArchive(buffer, limits: ArrayLimits(bytes: limits.bytes))
            let settings = try Self.document(Self.configurationName, archive)
            let metadata = try? Self.document(Self.metadataName, archive)
            guard let member = archive.members.first(where: { $0.name == Self.weightsName }) else {
                let other = archive.members.first { $0.name.hasPrefix("model.weights") }?.name ?? "nothing"
                throw KerasError(
                    "its weights are to be in '\(Self.weightsName)', but '\(other.prefix(80))' is there",
                    help: "save it again with model.save('model.keras'), in one file")
            }
            weights = try HDF5File(try archive.bytes(of: member), limits: limits)
            version = metadata?["keras_version"]?.stringValue
            configuration = settings
            format = "Keras archive"
            isLegacy = false
        } catch let error as HDF5Error {
            throw KerasError(error)
        } catch let error as TensorError {
            var refusal = KerasError(
                "the archive: \(error.message)", help: "save it again with model.save('model.keras')")
            refusal.isLimit = error.code == .tooLarge
            throw refusal
        } catch let error as KerasError {
            throw error
        } catch {
            throw KerasError("\(error)")
        }
    }

    private static func document(_ name: String, _ archive: ZipArchive) throws -> JSONValue {
        guard let member = archive.members.first(where: { $0.name == name }) else {
            throw KerasError("the archive has no '\(name)'")
        }
        guard member.byteCount <= largestConfiguration else {
            throw KerasError("'\(name)' has \(member.byteCount) bytes; at most \(largestConfiguration) are accepted")
        }
        let buffer = try archive.bytes(of: member)
        return try parse(withExtendedLifetime(buffer) { Array(buffer.bytes) })
    }

    /// The configuration as JSON. Numbers that are not finite, which Python writes as words, are refused with their place.
    private static func parse(_ bytes: [UInt8]) throws(KerasError) -> JSONValue {
        guard bytes.count <= largestConfiguration else {
            throw KerasError("a configuration of \(bytes.count) bytes; at most \(largestConfiguration) are accepted")
        }
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw KerasError(
                "its configuration is no JSON: \(error)", help: "save it again with model.save('model.keras')")
        }
    }
}

extension KerasError {
    /// A fault of the file's container.
    init(_ error: HDF5Error) {
        self.init(
            "the HDF5 file: \(error.message)",
            help: error.code == .unsupported
                ? "save it again with model.save('model.keras')" : "fetch or save the file again: it is damaged")
        isLimit = error.code == .tooLarge
    }
}
