/// Why a message was not taken by a mail server.
package struct MailFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, for people; words of a server only as visible characters.
    package var message: String
    /// Whether trying again would do nothing but harm: the server said so for good, or somebody has the message already.
    package var isFinal: Bool

    package init(_ message: String, isFinal: Bool) {
        self.message = message
        self.isFinal = isFinal
    }

    package var description: String { message }
}
