import Glibc

// Gives a parser damaged copies of a file, each with a deadline. Ends by the signal of a trap or of the alarm; the seed
// that did it is the last line of standard output.
//
// Usage: FuzzChild TARGET FILE FIRST-SEED COUNT; a COUNT of 0 gives it the file as it is.

/// The bytes of a file; `nil` when it cannot be read.
func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let target = ParserTarget(rawValue: arguments[1]), let bytes = contents(arguments[2]),
    let first = UInt64(arguments[3]), let count = UInt64(arguments[4])
else { exit(64) }
// A file of this size that needs a gigabyte is an attack that worked.
var memory = rlimit(rlim_cur: 2 << 30, rlim_max: 2 << 30)
setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
if count == 0 {
    alarm(10)
    target.exercise(bytes)
}
for seed in first..<(first + count) {
    var damage = Damage(seed: seed)
    let line = Array("\(seed)\n".utf8)
    guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(74) }
    alarm(10)
    target.exercise(damage.done(to: bytes))
}
alarm(0)
exit(0)
