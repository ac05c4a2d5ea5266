import ArgumentParser
import Tensors

struct ExplainVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explains an error code: what it means, what leads to it, what to do.",
        discussion: "Without a code it lists them all.")

    @Argument(
        help: "A code as errors show it, such as SW6101.",
        completion: .custom { _, _, prefix in Candidates.errorCodes.filter { $0.hasPrefix(prefix.uppercased()) } })
    var code: String?

    @OptionGroup var answer: AnswerOptions

    func run() throws {
        guard let code else { return list() }
        guard let page = ErrorCatalog.page(code) else { throw Self.unknown(code) }
        answer.answer(page.json, name: page.codeText) { page.text(width: Terminal.width) }
    }

    private func list() {
        let pages = ErrorCatalog.pages
        answer.answer(list: pages.map { ($0.json, $0.codeText) }) {
            var lines: [String] = []
            var room = ""
            for page in pages {
                if page.room != room {
                    lines += (lines.isEmpty ? [] : [""]) + [Paint.bold(page.room, on: 1)]
                    room = page.room
                }
                lines.append("  \(page.codeText)  \(page.title)")
            }
            return lines.joined(separator: "\n")
        }
    }

    private static func unknown(_ code: String) -> Failure {
        let near = ErrorCatalog.near(code).map(\.codeText)
        return Failure(
            9002, .notFound, "there is no error code '\(ShortText.line(code, limit: 40))'",
            help: near.isEmpty
                ? "'slipway explain' lists them all"
                : "did you mean \(near.joined(separator: ", "))? 'slipway explain' lists them all")
    }
}
