import ArgumentParser

struct CompletionVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Prints a script that teaches your shell to complete slipway's words.",
        discussion: """
            It completes verbs, options, and the models, versions and endpoints of your home.

            INSTALLATION
              bash   slipway completion bash > ~/.local/share/bash-completion/completions/slipway
              zsh    slipway completion zsh > ~/.zfunc/_slipway      (with ~/.zfunc in fpath, before compinit)
              fish   slipway completion fish > ~/.config/fish/completions/slipway.fish
              now    source <(slipway completion bash)
            """)

    @Argument(help: "bash, zsh or fish (default: the shell you use).")
    var shell: ShellName?

    func run() throws {
        guard let shell = shell ?? Self.current else {
            throw ValidationError("your shell is not known; say which: bash, zsh or fish")
        }
        Terminal.answer(Self.script(for: shell))
    }

    private static var current: ShellName? {
        Terminal.environment("SHELL")?.split(separator: "/").last.flatMap { ShellName(rawValue: String($0)) }
    }

    static func script(for shell: ShellName) -> String {
        let script = SlipwayCommand.completionScript(for: shell.kind)
        return shell == .bash ? BashColons.mended(script) : script
    }
}

enum ShellName: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var kind: CompletionShell {
        switch self {
        case .bash: .bash
        case .zsh: .zsh
        case .fish: .fish
        }
    }
}
