import Tensors

/// The texts of a library for C: the header, the runtime, the constants, an example and what builds them.
struct CText {
    /// As in the header.
    static let maximumRank = 8
    /// The most bytes that the example gives a tensor.
    private static let mostRoom = 64 << 20

    let library: CLibrary

    /// Name and content of each.
    var files: [(name: String, content: String)] {
        [
            ("slipway_model.h", header), ("slipway_model.c", Self.template(PackageResources.slipway_model_c_txt)),
            ("slipway_model_ports.c", ports),
            ("slipway_model_data.S", Self.template(PackageResources.slipway_model_data_S_txt)),
            ("example.c", example), ("Makefile", Self.template(PackageResources.Makefile_txt)),
            ("CMakeLists.txt", Self.template(PackageResources.CMakeLists_txt_txt)),
        ]
    }

    private static func template(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private var header: String {
        let constants = [
            ("REFERENCE", Self.quoted(library.reference)), ("DIGEST", Self.quoted(library.digest)),
            ("ENGINE_VERSION", Self.quoted(library.engine.version)),
            ("INPUTS", String(library.signature.inputs.count)), ("OUTPUTS", String(library.signature.outputs.count)),
            ("LABELS", String(library.classes.count)),
        ]
        // Names of models and digests have no character that could end a comment.
        return Self.template(PackageResources.slipway_model_h_txt)
            .replacing("SUBJECT", with: "\(library.reference), \(library.digest)", maxReplacements: 1)
            .replacing(
                "CONSTANTS",
                with: constants.map { "#define SLIPWAY_MODEL_\($0) \($1)" }.joined(separator: "\n"), maxReplacements: 1)
    }

    private var ports: String {
        """
        /* What the model takes and gives, in the order of runs. */
        #include "slipway_model.h"

        const slipway_port slipway_model_inputs[] = {
        \(Self.lines(library.signature.inputs))
        };

        const slipway_port slipway_model_outputs[] = {
        \(Self.lines(library.signature.outputs))
        };

        const char *const slipway_model_labels[] = {
        \((library.classes.map(Self.quoted) + ["NULL"]).map { "    \($0)," }.joined(separator: "\n"))
        };

        """
    }

    private static func lines(_ specs: [TensorSpec]) -> String {
        specs.map { spec in
            let sizes = (spec.dimensions ?? []).map { $0.size.map(String.init) ?? "-1" }
            let shape = sizes.isEmpty ? "0" : sizes.joined(separator: ", ")
            let rank = spec.dimensions.map { String($0.count) } ?? "-1"
            return "    {\(quoted(spec.name)), \(typeName(spec.elementType) ?? "0"), \(rank), {\(shape)}},"
        }.joined(separator: "\n")
    }

    private var example: String {
        Self.template(PackageResources.example_c_txt).replacing("BYTES", with: String(room), maxReplacements: 1)
    }

    /// What the largest tensor of a batch of one takes; 64 KiB where shapes do not say it.
    private var room: Int {
        (library.signature.inputs + library.signature.outputs).reduce(1 << 16) { most, spec in
            let sizes = (spec.dimensions ?? []).map { $0.size ?? 1 }
            guard let shape = try? Shape(sizes), let bytes = try? shape.byteCount(of: spec.elementType) else {
                return most
            }
            return max(most, min(bytes, Self.mostRoom))
        }
    }

    /// The constant of a type in the header; `nil` for types that the runtime does not pass.
    static func typeName(_ type: ElementType) -> String? {
        let names: [ElementType: String] = [
            .float32: "FLOAT32", .uint8: "UINT8", .int8: "INT8", .uint16: "UINT16", .int16: "INT16",
            .int32: "INT32", .int64: "INT64", .string: "STRING", .bool: "BOOL", .float16: "FLOAT16",
            .float64: "FLOAT64", .uint32: "UINT32", .uint64: "UINT64", .bfloat16: "BFLOAT16",
        ]
        return names[type].map { "SLIPWAY_\($0)" }
    }

    /// A literal that holds these bytes whatever they are: what is no plain character is written in octal.
    static func quoted(_ text: String) -> String {
        var literal = "\""
        for byte in text.utf8 {
            switch byte {
            // Question marks could make a trigraph.
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "?"), 0..<0x20, 0x7F...:
                let octal = String(byte, radix: 8)
                literal += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            default: literal.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return literal + "\""
    }
}
