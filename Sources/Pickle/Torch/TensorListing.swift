import Tensors

/// The tensors of a file that has no graph.
package struct TensorListing: Sendable {
    /// One tensor.
    package struct Entry: Hashable, Sendable {
        package var name: String
        /// As protocols call it, `FP32`, or as the format does.
        package var type: String
        package var shape: [Int]
        /// Bytes of its elements.
        package var byteCount: Int
        /// Where they are, in words.
        package var place: String
        /// Steps between neighbours in each dimension, when they are not those of a tensor that lies whole; `nil` else.
        package var strides: [Int]?
        /// What tensors that share their elements have in common; `nil` where none do.
        package var storage: String?
    }

    /// What the file is, in words.
    package var format: String
    package var entries: [Entry]
    /// What the file says about itself.
    package var metadata: [(key: String, value: String)] = []
    /// What else is in it, in words.
    package var notes: [String] = []

    /// The tensors of a file of weights.
    ///
    /// - Throws: `PickleError.Code.unsupported` when it is neither safetensors nor PyTorch's.
    package init(_ bytes: PickleBytes, limits: PickleLimits = PickleLimits()) throws(PickleError) {
        if case .safetensors = FileKind(bytes) {
            self = try SafetensorsFile(bytes).listing
            return
        }
        let file = try PickleFile(bytes, limits: limits)
        let torch = try TorchFile(file)
        format = file.format
        entries = torch.tensors
        notes = torch.notes
    }

    init(format: String, entries: [Entry], metadata: [(key: String, value: String)]) {
        self.format = format
        self.entries = entries
        self.metadata = metadata
    }
}
