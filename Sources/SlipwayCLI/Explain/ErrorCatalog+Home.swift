extension ErrorCatalog {
    /// The home directory, its database and who may come in.
    static let home = [
        ErrorPage(
            4001, "Nothing of that name is recorded",
            "The home's database was read, and what was asked for is not in it.",
            causes: ["a misspelt name", "another home is meant: --home and SLIPWAY_HOME choose it"],
            remedies: ["see what there is with: slipway list", "see which home is used with: slipway doctor"],
            example: """
                $ slipway token revoke ada
                error[SW4001]: there is no token 'ada' in use
                   help: see 'slipway token list'
                """),
        ErrorPage(
            4002, "What was to be recorded is there already",
            "The name is taken, or something else points at what was to go. Nothing was changed.",
            causes: ["two commands did the same at once", "the command was run twice"],
            remedies: ["look at what is there; choose another name, or remove the first"],
            example: """
                $ slipway token create ada --role invoker
                error[SW4002]: there is a token 'ada' already
                """),
        ErrorPage(
            4003, "Another process holds the lock",
            """
            One server at a time serves a home, and garbage is collected only while nobody adds blobs. A lock ends with \
            the process that holds it, however it ends: there is no lock file to remove.
            """,
            causes: ["a server already runs on this home", "an import or a collection is under way"],
            remedies: [
                "use that server: slipway status", "stop it: slipway stop", "serve another home: --home DIR",
            ],
            example: """
                $ slipway serve
                error[SW4003]: process 4711 already serves the home '/srv/slipway'
                   help: use that server, stop it with 'slipway stop', or choose another home with --home
                """),
        ErrorPage(
            4004, "The disk that holds the home is full",
            """
            Nothing that was acknowledged before is lost, and what is served is served on; the command that met the full \
            disk changed nothing.
            """,
            causes: ["large models", "another program on the same disk", "a quota"],
            remedies: ["free some space and try again", "move the home to a larger disk and name it with --home"],
            example: """
                $ slipway alias digits@prod digits:2
                error[SW4004]: cannot write '/srv/slipway/slipway.db': no space is left
                   help: free some space and try again
                """),
        ErrorPage(
            4005, "The home was written by a later Slipway",
            "A later version has upgraded the database. This one does not know the new form and leaves it alone.",
            causes: ["two versions of Slipway are installed", "a return to an earlier version"],
            remedies: [
                "use the later version",
                "or go back to the copy that was made before the upgrade, slipway.db.schema-N beside the database",
            ],
            example: """
                error[SW4005]: the home has schema 9, and this Slipway knows 7
                """),
        ErrorPage(
            4006, "The home's database is damaged",
            "The database contradicts itself or is no database. It is not written to any more.",
            causes: [
                "a faulty disk", "the file was edited, cut or replaced", "a copy that was made while it was written",
            ],
            remedies: [
                "run: slipway doctor",
                "stop the server, keep the damaged files aside, and bring slipway.db back from a backup; blobs are "
                    + "named by their digests and stay valid",
            ],
            example: """
                $ slipway list
                error[SW4006]: '/srv/slipway/slipway.db' is not a database
                """),
        ErrorPage(
            4007, "The home directory cannot be used",
            "The operating system refused a file operation, or the path cannot be a home.",
            causes: [
                "the directory belongs to another user", "a file lies where a directory is needed",
                "the file system is read-only", "neither HOME nor SLIPWAY_HOME is set",
            ],
            remedies: [
                "choose another home with --home or SLIPWAY_HOME", "check owner and rights with: slipway doctor",
            ],
            example: """
                $ slipway list --home /etc/passwd
                error[SW4007]: '/etc/passwd' is a file, and a directory is needed there
                   help: choose another with --home
                """),
        ErrorPage(
            4010, "The server cannot be told to stop",
            "The process that serves the home was found, and the system does not let you send it a signal.",
            causes: ["it belongs to another user", "it ended in that very moment"],
            remedies: [
                "stop it as the user that started it, or as root", "see whether it is still there: slipway status",
            ],
            example: """
                $ slipway stop
                error[SW4010]: process 4711 cannot be told to stop: Operation not permitted
                """),
        ErrorPage(
            4011, "The server has not ended in time",
            """
            It was told to stop and is still there: it finishes requests in flight first, at most for its --grace. It \
            ends by itself when they are answered.
            """,
            causes: [
                "long requests are in flight", "--drain-delay and --grace of the server are longer than --timeout",
            ],
            remedies: [
                "wait longer: slipway stop --timeout 60", "end it at once: kill -9 PID; nothing recorded is lost",
            ],
            example: """
                $ slipway stop --timeout 1
                error[SW4011]: process 4711 has not ended within 1.0 s
                """),
        ErrorPage(
            5001, "Not allowed, or not a valid secret",
            "A token, a digest, an address or the origin of a request breaks a rule of access.",
            causes: [
                "a token was cut when it was copied", "a file of tokens cannot be read",
                "an address other than loopback without tokens",
            ],
            remedies: [
                "make a new token: slipway token create NAME --role invoker",
                "list those there are: slipway token list",
            ],
            example: """
                error[SW5001]: a token begins with 'slw_' and has 43 characters after it
                """),
    ]
}
