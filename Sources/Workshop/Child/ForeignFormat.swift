import ModelGraph

/// What a file that is no ONNX model is instead, told by its bytes and never by its name, for the doors that take only
/// ONNX. `ForeignDoor` rebuilds some of these as ONNX when they are imported.
enum ForeignFormat: CaseIterable {
    case pickle, zip, hdf5, gguf, safetensors, tflite, sevenZip, gzip, tar, npy, text

    /// What the file begins with, where that is what tells it.
    private var beginning: [UInt8]? {
        switch self {
        case .zip: Array("PK".utf8)
        case .hdf5: [0x89] + Array("HDF\r\n".utf8)
        case .gguf: Array("GGUF".utf8)
        case .sevenZip: Array("7z".utf8) + [0xbc, 0xaf, 0x27, 0x1c]
        case .gzip: [0x1f, 0x8b]
        case .npy: [0x93] + Array("NUMPY".utf8)
        case .pickle, .safetensors, .tflite, .tar, .text: nil
        }
    }

    /// Recognises a file by its first bytes.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { $0.matches(bytes) }) else { return nil }
        self = found
    }

    private func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let beginning { return bytes.starts(with: beginning) }
        switch self {
        // Protocol 2 to 5, and the opcode that ends every pickle.
        case .pickle: return bytes.count > 3 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) && bytes.last == 0x2e
        // A length of eight bytes, then the header it counts.
        case .safetensors: return bytes.count > 9 && bytes[8] == UInt8(ascii: "{") && bytes[6] == 0 && bytes[7] == 0
        case .tflite: return bytes.count > 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
        case .tar: return bytes.count > 512 && bytes[257..<262].elementsEqual("ustar".utf8)
        default:
            return !bytes.isEmpty
                && bytes.prefix(256).allSatisfy { (0x20...0x7e).contains($0) || $0 == 9 || $0 == 10 || $0 == 13 }
        }
    }

    /// What it is, and how its owner makes an ONNX model of it.
    private var words: (what: String, help: String) {
        switch self {
        case .pickle:
            (
                "a Python pickle, which would run code when it is read",
                "import it first, if scikit-learn wrote it; else export it where it was trained: \(Self.exports)"
            )
        case .zip:
            (
                "a zip archive, as PyTorch and Keras write it",
                "import it, if Keras wrote it; else export it where it was trained: \(Self.exports)"
            )
        case .hdf5:
            ("an HDF5 file, as Keras writes it", "import it first, if it holds a model: slipway import FILE")
        case .gguf: ("a GGUF file of a language model", "export the original network to ONNX: optimum-cli export onnx")
        case .safetensors:
            ("a safetensors file: weights without a graph", "export the whole network to ONNX: optimum-cli export onnx")
        case .tflite:
            ("a LiteRT (TFLite) model", "import it first: slipway import FILE")
        case .sevenZip, .gzip, .tar: ("an archive", "unpack it and give the model inside")
        case .npy: ("a NumPy array", "arrays are data: give them to 'slipway evaluate' or 'slipway predict'")
        case .text: ("text", "give the path of an .onnx file")
        }
    }

    private static let exports = "torch.onnx.export(…), skl2onnx.to_onnx(…) or model.export(…, format='onnx')"

    /// The error for a file of this kind.
    var refusal: WorkshopError {
        WorkshopError(.rejected, "this is \(words.what), not an ONNX model", help: words.help)
    }
}
