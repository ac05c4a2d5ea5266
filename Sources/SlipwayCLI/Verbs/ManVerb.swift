import ArgumentParser
import Glibc
import Tensors

struct ManVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Writes the manual's pages into a directory, or prints one.",
        discussion: """
            EXAMPLES
              slipway man ~/.local/share/man                    install them: then 'man slipway-deploy'
              slipway man --page deploy | man -l -              read one now
            """)

    @Argument(help: "A directory of manuals; pages go into its man1 and man7.", completion: .directory)
    var directory: String?

    @Option(
        help: "Print the page of this verb, or 'errors'.",
        completion: .custom { _, _, prefix in
            Suggestions.verbs.filter { $0.hasPrefix(prefix) }
        })
    var page: String?

    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard directory == nil || page == nil else { throw ValidationError("give a directory or --page, not both") }
    }

    func run() throws {
        guard let directory else {
            guard let found = try Manual.page(of: page) else {
                throw ValidationError("there is no page '\(page ?? "")'; --page takes a verb, or 'errors'")
            }
            return Terminal.answer(found.text)
        }
        var paths: [String] = []
        for page in try Manual.pages() {
            let folder = "\(directory)/man\(page.file.suffix(1))"
            try OwnFile.makeDirectories(folder)
            try OwnFile.write(Array(page.text.utf8), to: "\(folder)/\(page.file)")
            paths.append("\(folder)/\(page.file)")
        }
        answer.answer(list: paths.map { (.string($0), $0) }) {
            "\(paths.count) pages are in \(directory); read one with: man -M \(directory) slipway"
        }
    }
}
