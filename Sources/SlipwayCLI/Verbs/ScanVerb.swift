import ArgumentParser
import Tensors
import Workshop

struct ScanVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Lists everything that reading a pickle or a Keras file in Python would import and call.",
        discussion: """
            A pickle is a program. This reads it as data, in a limited child process, and runs nothing: plain pickles of \
            every protocol, joblib files, PyTorch files, and pickles inside of zip, .npz and .npy files. Of a Keras file \
            (.keras, .h5) it lists the classes and functions that its configuration names, and code that it carries; of a \
            SavedModel's folder every operator, and which of them read or write files, run Python, or speak to others.

            Ends with 0 when every name is known to be harmless, with 1 when nothing is known of some, and with 7 when one \
            is dangerous or a pickle is broken. Harmless names say nothing about a model's answers.

            EXAMPLES
              slipway scan model.pkl                            what it would call, the worst first
              slipway scan model.pt --json                      the same for machines, with positions
            """)

    @Argument(
        help: "A .pkl, .joblib, .pt, .npy, .npz, .keras or .h5 file, whatever its name, or a SavedModel's folder.",
        completion: .file(extensions: ["pkl", "pickle", "joblib", "pt", "pth", "npy", "npz", "keras", "h5"]))
    var file: String

    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let report = try await ChildRunner().scan(path: file)
        answer.answer(report.json, name: report.outcome) { ScanText.text(report, title: file) }
        switch report.outcome {
        case "harmless": return
        case "unknown":
            throw Failure(
                7302, .failed, "of some names in '\(file)' nothing is known",
                help: "load it in Python only if you trust whoever made it; 'slipway import' takes known names only")
        default:
            throw Failure(
                7301, .verificationFailed, "reading '\(file)' in Python would be dangerous",
                help: "do not load it; ask whoever made it for an ONNX or safetensors file")
        }
    }
}
