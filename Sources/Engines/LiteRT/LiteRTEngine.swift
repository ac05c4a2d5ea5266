import Glibc
import Tensors

/// LiteRT, formerly TensorFlow Lite: the third engine, for what will run on phones and boards.
///
/// It reads TFLite files only. An ONNX graph is translated by whoever was handed in as the translator, once for each
/// set of shapes that comes, because such files have fixed sizes.
package struct LiteRTEngine: Engine {
    package let kind = EngineKind.liteRT
    package let devices: [Device] = [.cpu]
    private let library: LiteRTLibrary
    private let translator: (any GraphTranslator)?

    package var version: String { library.version }

    /// Opens the library at `path`; a process needs this once.
    ///
    /// - Parameter translator: `nil` where only TFLite files are run.
    /// - Throws: `EngineError.Code.notInstalled` or `.incompatible`.
    init(path: String, translator: (any GraphTranslator)?) throws(EngineError) {
        library = try LiteRTLibrary(path: path)
        self.translator = translator
    }

    /// Reads a model, and translates it where it is an ONNX graph.
    ///
    /// - Throws: `EngineError.Code.unsupported` for a device or precision it does not offer, `.modelRejected` with the
    ///   name of every operator that LiteRT has no counterpart for, before anything else is done.
    package func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
        guard devices.contains(options.device) else {
            throw EngineError(.unsupported, kind, "there is no device \(options.device) here; there is cpu")
        }
        try options.requireUsualSetting(kind)
        guard options.optimization == .full else {
            throw EngineError(.unsupported, kind, "it does not write down what it makes of a model")
        }
        if let bytes = try Self.ownForm(source) { return try LiteRTSession(library, file: bytes, options) }
        guard let translator else {
            throw EngineError(.unsupported, kind, "ONNX graphs are not translated here; give it a TFLite file")
        }
        return try LiteRTSession(library, graph: try Self.translation(of: source, translator), options)
    }

    private static func translation(
        of source: ModelSource, _ translator: any GraphTranslator
    ) throws(EngineError) -> any GraphTranslation {
        do throws(TranslationFault) {
            return try translator.translation(of: source)
        } catch {
            throw EngineError(.modelRejected, .liteRT, error.message)
        }
    }

    /// The bytes, where they are a TFLite file: those have `TFL3` at their fifth place.
    ///
    /// - Throws: `EngineError.Code.modelRejected` for a file that cannot be read.
    private static func ownForm(_ source: ModelSource) throws(EngineError) -> TensorBuffer? {
        switch source {
        case .memory(let buffer): return isOwnForm(buffer.bytes) ? buffer : nil
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            // The translator says what is wrong with a file that cannot be opened.
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var head = [UInt8](repeating: 0, count: 8)
            guard pread(descriptor, &head, head.count, 0) == head.count, head.withUnsafeBytes(isOwnForm) else {
                return nil
            }
            return try EngineFiles.contents(of: path, .liteRT)
        }
    }

    private static func isOwnForm(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
    }
}
