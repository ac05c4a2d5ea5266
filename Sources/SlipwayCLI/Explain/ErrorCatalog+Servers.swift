extension ErrorCatalog {
    /// Servers, and talking to them.
    static let servers = [
        ErrorPage(
            8001, "No server can be reached",
            "No connection could be made; nothing was sent.",
            causes: ["no server runs", "it listens on another address or port", "a firewall or a container's network"],
            remedies: [
                "see whether one runs: slipway status", "start one: slipway serve", "name it: --server HOST:PORT",
            ],
            example: """
                $ slipway predict digits --data rows.npz --server localhost:1
                error[SW8001]: cannot connect to localhost:1: Connection refused
                   help: is a server running? see 'slipway status'
                """),
        ErrorPage(
            8002, "The server does not know what was asked for",
            "The server answered with status 404: no such endpoint, version or path.",
            causes: ["a misspelt endpoint", "the endpoint is not deployed", "another program listens on that port"],
            remedies: ["see what is served: slipway status"],
            example: """
                $ slipway predict digist --data rows.npz
                error[SW8002]: 404: there is no model 'digist'
                """),
        ErrorPage(
            8003, "The server does not let you",
            "It answered with status 401 (who are you?) or 403 (not with this role).",
            causes: [
                "no token was sent to a server that asks for one", "the token was revoked", "its role is too small",
            ],
            remedies: ["make a token where the server runs: slipway token create NAME --role invoker"],
            example: """
                error[SW8003]: 401: the request's token is not valid
                """),
        ErrorPage(
            8004, "The server cannot answer just now",
            "It answered with status 503: a version is not loaded yet, the queue is full, or it is about to end.",
            causes: ["it is still loading", "more requests than it can take", "it was told to stop"],
            remedies: ["try again in a moment; Retry-After tells when", "see its load: slipway status"],
            example: """
                error[SW8004]: 503: as many requests wait as this server queues; try again shortly
                """),
        ErrorPage(
            8005, "The server's answer is of no use",
            """
            The request was sent, and what came back was an error, too late, too large or not in the protocol. Whether a \
            change was carried out is then not known.
            """,
            causes: ["the request does not fit the model", "the engine failed during the run", "it took too long"],
            remedies: ["read the server's words in the message", "look at its log, by the request's id"],
            example: """
                error[SW8005]: 400: input 'pixels' expects FP32 [N, 64], got [1, 63]
                """),
        ErrorPage(
            8100, "The running server refused the command",
            "A command was handed to the server of this home over its local socket, and it answered with an error.",
            causes: ["what the message says: the server's own words"],
            remedies: ["look at the state: slipway status", "look at the server's log"],
            example: """
                $ slipway deploy digits:2
                error[SW8100]: there is no endpoint 'digits'
                """),
        ErrorPage(
            8101, "The server is not there, or its port is taken",
            "A command needs a running server and there is none, or a server could not listen where it was told to.",
            causes: ["another program listens on the port", "another server of yours does", "no server was started"],
            remedies: [
                "see who holds the ports: slipway doctor", "choose others: slipway serve --port 0 --control-port 0",
                "start a server: slipway serve",
            ],
            example: """
                $ slipway serve --port 8080
                error[SW8101]: another program listens on 127.0.0.1:8080
                """),
        ErrorPage(
            8102, "The address policy forbids it",
            """
            On loopback nothing is needed. Any other address needs a token, or the explicit --auth none, so that no model \
            is open to a network by mistake.
            """,
            causes: ["--host 0.0.0.0 without a token"],
            remedies: [
                "make a token first: slipway token create NAME --role invoker",
                "or say that everybody may: slipway serve --host 0.0.0.0 --auth none",
            ],
            example: """
                $ slipway serve --host 0.0.0.0
                error[SW8102]: 0.0.0.0 can be reached from other machines, and there is no token yet
                """),
        ErrorPage(
            8103, "Recorded state contradicts itself",
            "What the home says about endpoints cannot be true as a whole. The server does not guess.",
            causes: ["the database was edited by hand", "files of two homes were mixed"],
            remedies: ["check the home: slipway doctor", "bring slipway.db back from a backup"],
            example: """
                error[SW8103]: endpoint 'digits' names version 7, which is not recorded
                """),
        ErrorPage(
            8104, "The control plane could not do it",
            "What ran before runs on. The message says what failed.",
            causes: ["a version does not load", "an address cannot be listened on", "a limit of the system"],
            remedies: ["read the message; see 'slipway history ENDPOINT' and the server's log"],
            example: """
                error[SW8104]: cannot listen on 10.1.2.3:8080: Cannot assign requested address
                """),
        ErrorPage(
            8105, "The TLS certificate cannot be served",
            """
            The files of --tls-certificate and --tls-key have to be PEM, readable for the server, and belong together; \
            the key has no passphrase. At the start this ends the server; later on the old certificate stays in force.
            """,
            causes: ["the key is that of another certificate", "the key has a passphrase", "a path is mistaken"],
            remedies: [
                "have them looked at: slipway doctor --tls-certificate FILE --tls-key FILE",
                "write the key without a passphrase: openssl pkey -in FILE -out FILE",
            ],
            example: """
                $ slipway serve --tls-certificate chain.pem --tls-key key.pem
                error[SW8105]: the key 'key.pem' is not that of the certificate 'chain.pem'
                """),
        ErrorPage(
            8106, "The server's process cannot be started",
            """
            'serve' runs the server in a process of its own, and the system gives it none: a limit of processes and \
            threads is reached, or memory is short. A server that was ready before is tried again, with growing pauses.
            """,
            causes: [
                "the user has as many processes and threads as it may", "the control group has (pids.max)",
                "the machine has no memory for another process",
            ],
            remedies: [
                "look at the limits: ulimit -u; cat /sys/fs/cgroup/pids.max", "end other processes, or raise the limit",
            ],
            example: """
                $ slipway serve
                error[SW8106]: the server cannot be started (Resource temporarily unavailable): the system gives it no \
                process, or no memory for one
                """),
    ]

    /// The demo, temporary places, and faults of ours.
    static let own = [
        ErrorPage(
            9001, "No temporary directory can be made",
            "'slipway run FILE' and the demo serve from a home that is gone afterwards; it is made in TMPDIR or /tmp.",
            causes: ["TMPDIR names a directory that is not there", "the file system is full or read-only"],
            remedies: ["set TMPDIR to a directory you may write to", "or give a home: slipway run FILE --home DIR"],
            example: """
                $ TMPDIR=/nowhere slipway run model.onnx
                error[SW9001]: no temporary directory can be made: No such file or directory
                """),
        ErrorPage(
            9101, "The rows to measure with do not fit",
            "Every input of the model needs an array of the same name in the file, with a row for each run.",
            causes: ["arrays under other names", "an array without rows"],
            remedies: [
                "see the inputs: slipway show VERSION", "leave --data out: rows are made up then",
            ],
            example: """
                $ slipway tune digits:1 --data rows.npz
                error[SW9101]: 'rows.npz' has no array 'pixels'
                  cause: it has: x
                """),
        ErrorPage(
            9102, "Nothing was measured",
            "A recommendation says only what was measured, and of this version nothing was.",
            causes: ["it was never tuned", "it came from elsewhere without what is known about it"],
            remedies: ["measure it: slipway tune VERSION --slo p99=20ms"],
            example: """
                $ slipway recommend digits:1 --rate 500
                error[SW9102]: nothing was measured of digits:1
                """),
        ErrorPage(
            9103, "Nothing that was measured will do",
            "No way of running the version that was measured meets the load, the latency and the cost together.",
            causes: ["a latency shorter than a run takes", "less money than one machine costs"],
            remedies: [
                "tune with this latency, so that rates near it are measured: slipway tune VERSION --slo p99=5ms",
                "allow more",
            ],
            example: """
                $ slipway recommend digits:1 --rate 500 --slo p99=1us
                error[SW9103]: nothing that was measured keeps the latency
                  cause: the shortest p99 at any rate was 210 µs
                """),
        ErrorPage(
            9002, "There is no such error code",
            "Codes have four digits after SW; the first tells the part of Slipway that they come from.",
            causes: ["a slip of the finger", "a code of a later Slipway"],
            remedies: ["list them all: slipway explain"],
            example: """
                $ slipway explain SW1042
                error[SW9002]: there is no error code 'SW1042'
                   help: did you mean SW1002? 'slipway explain' lists them all
                """),
        ErrorPage(
            9003, "The command tree cannot be read",
            "The manual is made from the program's own description of its verbs, and that could not be understood.",
            causes: ["a fault of ours"],
            remedies: ["please report it; 'slipway help VERB' shows the same"],
            example: """
                error[SW9003]: the command tree cannot be read
                """),
        ErrorPage(
            9010, "The demo's example is incomplete",
            "The folder of the digits example was found, and its files are not those that the demo needs.",
            causes: ["a partial checkout", "--examples names another folder"],
            remedies: ["restore it: git checkout -- Examples/digits"],
            example: """
                error[SW9010]: '/tmp/digits' does not hold the digits example
                """),
        ErrorPage(
            9011, "The demo's example was not found",
            "The demo deploys the networks of Examples/digits and looks for it beside the program and upwards.",
            causes: ["the program was copied without its examples"],
            remedies: ["name the folder: slipway demo --examples DIR/digits"],
            example: """
                $ slipway demo
                error[SW9011]: the digits example was not found
                   help: name its folder with --examples
                """),
        ErrorPage(
            9012, "The demo could not import its example",
            "The import of the example failed; its own error stands above.",
            causes: ["an engine is missing", "the disk is full"],
            remedies: ["run: slipway doctor"],
            example: """
                error[SW9012]: the example could not be imported
                """),
        ErrorPage(
            9013, "The demo's server did not come up",
            "The demo starts a server of its own on free ports. It ended before it was ready; its log stands above.",
            causes: ["an engine is missing or does not load", "a limit on processes or files"],
            remedies: ["run: slipway doctor", "try by hand: slipway serve --port 0 --control-port 0"],
            example: """
                error[SW9013]: the server did not come up
                """),
        ErrorPage(
            9014, "The demo's server did not end as it should",
            "It was told to stop and ended in another way.",
            causes: ["someone killed it", "a fault of ours"],
            remedies: ["run the demo again with --keep and look at its log; please report it if it happens again"],
            example: """
                error[SW9014]: the server did not end as it should: signaled(9)
                """),
        ErrorPage(
            9999, "A fault of Slipway's own",
            "An error that no room of the program has foreseen came up to the command line.",
            causes: ["a mistake of ours", "a system in a state that we have not thought of"],
            remedies: [
                "please report it, with the command and what it said",
                "add what this writes: slipway doctor --bundle slipway.json",
            ],
            example: """
                error[SW9999]: CancellationError()
                   help: this is a fault of Slipway's own; please report it
                """),
    ]
}
