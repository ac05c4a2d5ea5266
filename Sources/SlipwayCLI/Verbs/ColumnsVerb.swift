import ArgumentParser
import Columns
import Scoring
import Tensors

struct ColumnsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "columns", abstract: "Derives from a table of examples how a model's columns are prepared.",
        discussion: """
            Reads a CSV file once, in constant memory, and prints a declaration for 'slipway import --processing': means, \
            medians, categories and edges, calculated as scikit-learn does. Read it before you use it: it holds the \
            categories that stand in your file.
            """)

    @Argument(help: "A CSV file with a header row.", completion: .file(extensions: ["csv"]))
    var file: String

    @Option(help: "The model's input that the columns become, in the order in which they stand in the file.")
    var input: String

    @Option(help: "Columns that the model does not get, the answers among them, with commas between them.")
    var ignore: String?

    @Option(help: "What numbers become: standardise, minMax or none.")
    var scale: TableStudy.Options.Scaling = .standardise

    @Option(help: "What stands for missing numbers: median, mean, mostFrequent or none.")
    var impute: TableStudy.Options.Imputation = .median

    @Option(
        help: ArgumentHelp(
            "A column of numbers that becomes bins: by quantiles, or of equal width with ':uniform'; may be repeated.",
            valueName: "column=count"))
    var bins: [String] = []

    @Option(help: "Columns that become the index of their category, with commas between them.")
    var ordinal: String?

    @Option(help: "Columns of numbers that become one number for each category, as texts do, with commas between them.")
    var oneHot: String?

    @Option(help: "A word that means that a cell is missing, as an empty one is; may be repeated.")
    var missing: [String] = []

    @Option(help: "Categories that a column may have at most; one with more is left out.")
    var categories = 1000

    @Option(name: [.customShort("o"), .long], help: "The file to write (default: standard output).")
    var output: String?

    @Flag(name: .shortAndLong, help: "Say nothing beside the answer.")
    var quiet = false

    func validate() throws {
        guard (1...1_000_000).contains(categories) else { throw ValidationError("--categories is 1 to 1000000") }
        _ = try binnedColumns()
    }

    func run() throws {
        var options = TableStudy.Options()
        options.scaling = scale
        options.imputation = impute
        options.bins = try binnedColumns()
        options.ordinal = Self.names(ordinal)
        options.oneHot = Self.names(oneHot)
        options.missing = Set(missing)
        options.categories = categories
        let found = try ExampleTable(path: file, ignoring: Self.names(ignore)).study(options)
        let step = JSONValue.object([("input", .string(input)), ("columns", found.json)])
        let text = JSONValue.object([("pre", .array([step]))]).encoded(pretty: true) + [UInt8(ascii: "\n")]
        if let output { try OwnFile.write(text, to: output) } else { Terminal.answer(bytes: text) }
        guard !quiet else { return }
        for note in found.notes { Terminal.say("note: \(InertText.line(note))") }
        Terminal.say("\(found.rows) rows; \(found.recipes.count) columns, which give \(found.width) numbers a row")
        if let output { Terminal.say("next: slipway import MODEL.onnx --processing \(output)") }
    }

    private static func names(_ text: String?) -> Set<String> {
        Set((text ?? "").split(separator: ",").map(String.init))
    }

    /// `age=5` and `age=5:uniform`.
    private func binnedColumns() throws -> [String: (count: Int, edges: TableStudy.Options.Edges)] {
        var found: [String: (count: Int, edges: TableStudy.Options.Edges)] = [:]
        for text in bins {
            let halves = text.split(separator: "=").map(String.init)
            let words = halves.last?.split(separator: ":").map(String.init) ?? []
            guard halves.count == 2, let count = words.first.flatMap({ Int($0) }), (2...10_000).contains(count),
                words.count <= 2,
                let edges = words.count == 1 ? .quantile : TableStudy.Options.Edges(rawValue: words[1])
            else {
                throw ValidationError(
                    "--bins takes column=count or column=count:uniform, with a count of 2 to 10000, found '\(text)'")
            }
            found[halves[0]] = (count, edges)
        }
        return found
    }
}

extension TableStudy.Options.Scaling: ExpressibleByArgument {}
extension TableStudy.Options.Imputation: ExpressibleByArgument {}
