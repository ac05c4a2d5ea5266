import Glibc

/// The two streams: standard output carries the answer, standard error the talk.
enum Terminal {
    /// Writes the answer, with a line break at its end.
    static func answer(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

    /// Writes bytes of an answer as they are.
    static func answer(bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Says something beside the answer.
    static func say(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Rewrites the current line of a terminal; elsewhere says nothing.
    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) != 0 { write("\r\u{1B}[K" + text, to: STDERR_FILENO) }
    }

    /// Whether colours are wanted on a stream: a terminal, `NO_COLOR` unset, `TERM` not `dumb`; `CLICOLOR_FORCE` wins.
    static func usesColour(on descriptor: Int32) -> Bool {
        if let forced = environment("CLICOLOR_FORCE"), forced != "0" { return true }
        return isatty(descriptor) != 0 && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
    }

    /// Whether a person is looking at standard error.
    static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }

    /// The columns of the terminal behind standard output, or 100 where there is none.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 100 }
        return Int(size.ws_col)
    }

    /// An environment variable that is set and not empty.
    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 {
                    // A reader that went away (`slipway list | head`) is not a failure of ours.
                    if errno == EINTR || errno == EAGAIN { continue }
                    return
                }
                rest = rest.dropFirst(written)
            }
        }
    }
}

/// Text in a colour, where the stream has colours. Colour never carries what the words do not say.
enum Paint: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case bold = "1"
    case dim = "2"

    func callAsFunction(_ text: String, on descriptor: Int32 = STDERR_FILENO) -> String {
        Terminal.usesColour(on: descriptor) ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
