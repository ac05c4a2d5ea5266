import Glibc
import Tensors
import Workshop

// The limited child of the tests: Slipway's own behind the hidden verb, else a process that does what would harm the
// one that runs the tests.
let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == ChildTask.verb { exit(ChildMain.run(arguments: arguments.dropFirst())) }
if arguments.first == "reload", arguments.count == 3 {
    let line = try Reload.run(engine: arguments[1], models: arguments[2]).encoded()
    exit(write(STDERR_FILENO, line, line.count) == line.count ? 0 : 1)
}
guard arguments.count == 2 else { exit(64) }
if arguments[0] == "overflow" {
    let line = try await Overflow.run(folder: arguments[1]).encoded()
    exit(write(STDERR_FILENO, line, line.count) == line.count ? 0 : 1)
}
exit(Trespass(folder: arguments[1]).run(arguments[0]))
