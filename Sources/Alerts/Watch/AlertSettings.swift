/// Who is told what, and when.
package struct AlertSettings: Hashable, Sendable {
    /// Where a message goes.
    package enum Way: Hashable, Sendable {
        /// A body in Alertmanager's form is posted there.
        case webhook(Webhook)
        /// A program gets the same on its standard input.
        case command(Command)
        /// A mail server gets it as a message for people.
        case mail(Mail)
    }

    package struct Webhook: Hashable, Sendable {
        package var address: String
        /// Sent as `Authorization: Bearer`; read from a file, so that it stands in no configuration.
        package var tokenFile: String?
        package var allowsPrivate = false
        package var plainHTTP = false
    }

    package struct Command: Hashable, Sendable {
        /// The program's path, then its arguments. No shell looks at them.
        package var words: [String]
        /// Milliseconds after which it is killed.
        package var limit: Int
    }

    /// Mail, handed to the server that takes it for others.
    package struct Mail: Hashable, Sendable {
        /// How it is kept from others on the way: TLS after STARTTLS, TLS from the first byte, none on this machine.
        package enum Security: String, Hashable, Sendable, CaseIterable { case starttls, implicit, none }

        package var to: [String]
        package var from: String
        /// The server's name or address, without brackets.
        package var host: String
        package var port: Int
        package var security: Security
        /// With a password: whose it is.
        package var user: String?
        /// A file whose first line is the password.
        package var passwordFile: String?
        /// A PEM file of authorities, in place of the system's.
        package var authorities: String?
    }

    package struct Receiver: Hashable, Sendable {
        package var name: String
        package var way: Way
        /// Whether it is also told that an alert is over.
        package var tellsEnd: Bool
    }

    /// Which alerts go to whom; what is left out fits all.
    package struct Route: Hashable, Sendable {
        package var alerts: Set<String> = []
        package var endpoints: Set<String> = []
        package var severity: WatchedAlert.Severity?
        package var receivers: [String]

        package func takes(_ alert: WatchedAlert) -> Bool {
            (alerts.isEmpty || alerts.contains(alert.key.name))
                && (endpoints.isEmpty || endpoints.contains(alert.key.endpoint))
                && (severity == nil || severity == alert.severity)
        }
    }

    /// Milliseconds between two looks.
    package var every = 15_000
    /// Milliseconds that a group of alerts waits for others before its message leaves.
    package var wait = 10_000
    /// Milliseconds after which a message about what still holds is sent again.
    package var again = 4 * 3_600_000
    /// Milliseconds for which something that happened, such as a rollback, is an alert.
    package var recent = 900_000
    package var receivers: [Receiver]
    /// Every route that takes an alert counts; without any, all receivers get all.
    package var routes: [Route]
    /// Names of alerts that nobody wants.
    package var off: Set<String>

    package init(receivers: [Receiver] = [], routes: [Route] = [], off: Set<String> = []) {
        (self.receivers, self.routes, self.off) = (receivers, routes, off)
    }

    /// The names of the receivers of an alert, each once.
    package func receivers(of alert: WatchedAlert) -> [String] {
        guard !routes.isEmpty else { return receivers.map(\.name) }
        let names = Set(routes.filter { $0.takes(alert) }.flatMap(\.receivers))
        return receivers.map(\.name).filter(names.contains)
    }
}
