extension ErrorCatalog {
    /// Versions, aliases and blobs.
    static let registry = [
        ErrorPage(
            6101, "There is no such model, version or alias",
            "The name is well formed, and the registry of this home has nothing under it.",
            causes: ["a misspelt name", "the version was removed", "another home is meant"],
            remedies: [
                "see what there is with: slipway list", "bring a removed version back: slipway rm --undo NAME:VERSION",
                "name the home with --home",
            ],
            example: """
                $ slipway show digits:9
                error[SW6101]: model 'digits' has no version 9
                   help: there are 'digits@prod', 'digits:2', 'digits:1'
                """),
        ErrorPage(
            6102, "Something still needs it, or the state has changed",
            "The change would take away what an alias or an endpoint points at, or was made for an earlier state.",
            causes: ["the version is deployed", "an alias points at it", "two commands changed the same thing"],
            remedies: [
                "move the alias or undeploy the endpoint first", "look at the new state and repeat the command",
                "remove it anyway: slipway rm --force NAME:VERSION",
            ],
            example: """
                $ slipway rm digits:1
                error[SW6102]: version 'digits:1' is needed by the alias 'digits@prod'
                   help: undeploy it or move the alias first, or remove it anyway with --force
                """),
        ErrorPage(
            6103, "Stored bytes are missing or altered",
            """
            Every stored file is named by the SHA-256 of its bytes. The one that is named is missing, or its bytes are no \
            longer those that were stored. It is not served.
            """,
            causes: [
                "a faulty disk or memory", "someone changed or removed a file under blobs/",
                "an incomplete copy of a home",
            ],
            remedies: [
                "import or pull the version again: a damaged file is replaced", "check the others: slipway doctor",
            ],
            example: """
                $ slipway deploy digits:2
                error[SW6103]: blob sha256:3b2e… has 70623 bytes, and 192500 were stored
                   help: import the model again: a damaged blob is replaced
                """),
        ErrorPage(
            6104, "The disk is full while a version is stored",
            "The version is not there, and nothing else has changed. What had been written is cleared away.",
            causes: ["large models", "removed versions whose files are still kept"],
            remedies: ["free some space and import again", "choose a home on a larger disk with --home"],
            example: """
                $ slipway import resnet50.onnx
                error[SW6104]: blob 'model.onnx' cannot be written: no space is left
                   help: free some space and try again
                """),
        ErrorPage(
            6105, "The name or reference cannot be, or could mean several things",
            """
            A version is written name:3, name@alias or name@sha256:…; a name alone means the only version, else @prod. \
            Names have 1 to 63 lower-case letters and digits, with '.', '_' or '-' between them.
            """,
            causes: [
                "capital letters or spaces in a name", "a model with several versions and no @prod was named alone",
            ],
            remedies: ["name the version: digits:2", "make an alias: slipway alias digits@prod digits:2"],
            example: """
                $ slipway show 'Not A Name:1'
                error[SW6105]: 'Not A Name' is not a model name: expected 1 to 63 lower-case letters and digits …
                   help: did you mean 'not-a-name'?
                """),
        ErrorPage(
            6106, "The registry could not read or write",
            "The operating system refused a file operation under blobs/, or something passes a limit of ours.",
            causes: [
                "the home belongs to another user", "a manifest that is larger than manifests are", "a failing disk",
            ],
            remedies: ["check the home: slipway doctor", "see the system's log for errors of the disk"],
            example: """
                error[SW6106]: cannot open '/srv/slipway/blobs/sha256/3b2e…': Permission denied
                """),
        ErrorPage(
            6107, "A backup is not as it was made",
            """
            A backup's manifest names every file and every blob with size and SHA-256, and its own digest stands in the \
            backup's name. Something differs, is missing, or does not belong there. Nothing was restored: all of a backup is \
            compared before anything is touched.
            """,
            causes: [
                "a faulty disk, or a copy that is not whole", "somebody changed, added or removed a file in the folder",
                "another backup than the one whose digest was expected",
            ],
            remedies: [
                "see everything that differs: slipway backup check FOLDER",
                "restore an earlier one: slipway backup list FOLDER",
                "bring the folder back from where it was copied to",
            ],
            example: """
                $ slipway backup restore /mnt/backups --home new
                error[SW6107]: the backup '2026-03-04T050607.089Z-3fa94c12ab34' is not as it was made: slipway.db holds other bytes …
                   help: 'slipway backup check' names everything; use another backup, or a copy of this one
                """),
    ]

    /// Endpoints, revisions and plans.
    static let releases = [
        ErrorPage(
            6001, "The server gave the revision up",
            "The new state was recorded and could not be carried out. What ran before runs on; nobody was served by the new one.",
            causes: [
                "the engine does not load the version", "its outputs or inputs differ from what was declared",
                "its stored file is damaged", "not enough memory for one more version",
            ],
            remedies: [
                "read the cause, and 'slipway history ENDPOINT'",
                "try the version by itself: slipway run NAME:VERSION", "deploy another version",
            ],
            example: """
                $ slipway deploy digits:3
                error[SW6001]: revision 4 of 'digits' was given up
                  cause: ONNX Runtime: operation 'Twist' is not implemented
                   help: what ran before runs on; see 'slipway history digits'
                """),
        ErrorPage(
            6002, "It is not clear which endpoint is meant",
            "A command without an endpoint's name means the only one. There are none, or several.",
            causes: ["nothing is deployed yet", "several endpoints are deployed"],
            remedies: ["name it: slipway rollback digits", "see them: slipway status"],
            example: """
                $ slipway rollback
                error[SW6002]: there are several endpoints
                   help: name one of digits, iris
                """),
        ErrorPage(
            6003, "There is no such endpoint or revision",
            "Nothing was ever deployed under this name, or it has no revision of this number.",
            causes: ["a misspelt name", "the name of a model is not that of its endpoint: --endpoint chose another"],
            remedies: ["see what is deployed: slipway status", "see its revisions: slipway history ENDPOINT"],
            example: """
                $ slipway status digist
                error[SW6003]: there is no endpoint 'digist'
                   help: 'slipway status' lists them
                """),
        ErrorPage(
            6004, "No server answered in time",
            "'slipway status --wait' waited for a server of this home to be ready, and none was.",
            causes: [
                "none was started", "it still loads", "it ended: its log has the reason", "it serves another home",
            ],
            remedies: ["start one: slipway serve", "wait longer", "check the home of both: slipway doctor"],
            example: """
                $ slipway status --wait 5
                error[SW6004]: no server answered within 5.0 s
                   help: start one with: slipway serve
                """),
        ErrorPage(
            6005, "The file of alerts cannot be used",
            "'serve --alerts FILE' reads who is told of what before it starts, and found something that it does not know.",
            causes: ["a misspelt member, receiver or alert", "a receiver without 'webhook' or 'command'", "no JSON"],
            remedies: ["look at the place that is named", "try it: slipway alerts check FILE"],
            example: """
                $ slipway alerts check alerts.json
                error[SW6005]: 'alerts.json': receivers.ops: expected either a 'webhook' or a 'command'
                """),
        ErrorPage(
            6006, "The plan is stale",
            """
            'slipway apply --plan FILE' carries out what somebody has looked at, and nothing else; 'slipway apply' alone, what it \
            found a moment ago. Something is different now, and nothing was changed.
            """,
            causes: [
                "somebody deployed, promoted or rolled back after the plan was made", "a rollout went on meanwhile",
                "the list of endpoints was edited", "an alias that it names was moved",
            ],
            remedies: [
                "make the plan again: slipway apply -f FILE --dry-run --json > plan.json", "look at it, and apply that",
            ],
            example: """
                $ slipway apply -f slipway.yaml --plan plan.json
                error[SW6006]: the plan is stale
                  cause: 'digits': planned at revision 3, and it is at revision 4 now
                   help: make it again, and look at it
                """),
        ErrorPage(
            6007, "What was waited for was rolled back",
            "'slipway apply --wait' saw the evidence speak against the new version. The one from before has all requests again.",
            causes: [
                "the new version failed, or was slower, more often than the present one",
                "more of its answers differed than was allowed", "somebody ended the rollout by hand",
            ],
            remedies: [
                "read the decision with its numbers: slipway rollout ENDPOINT",
                "hold the two versions against each other: slipway compare NAME:1 NAME:2",
            ],
            example: """
                $ slipway apply -f slipway.yaml --wait
                error[SW6007]: 1 of 1 endpoints were rolled back
                  cause: digits: revision 4: rolled back: errors speak against it
                   help: the evidence: slipway rollout digits
                """),
        ErrorPage(
            6008, "It was not over in time",
            "'slipway apply --wait' waited as long as --timeout says. What was begun goes on: nothing was ended.",
            causes: [
                "the schedule of the rollout is longer than that", "a step waits for approval",
                "there are too few requests for a verdict", "the server loads a large version",
            ],
            remedies: [
                "see how far it is: slipway rollout ENDPOINT", "agree to a step: slipway rollout resume ENDPOINT",
                "wait longer: the same command waits on; --timeout 4h",
            ],
            example: """
                $ slipway apply -f slipway.yaml --wait --timeout 5m
                error[SW6008]: 1 of 1 endpoints were not there in time
                  cause: digits: revision 4: awaiting approval
                   help: nothing was ended: 'slipway rollout' tells how far it is; --timeout waits longer
                """),
        ErrorPage(
            6201, "There is nothing there to release or to go back to",
            "The endpoint does not exist, or has no earlier state that could be restored.",
            causes: ["a misspelt name", "the first revision cannot be rolled back"],
            remedies: [
                "see the revisions: slipway history ENDPOINT", "take it down instead: slipway undeploy ENDPOINT",
            ],
            example: """
                $ slipway rollback digits
                error[SW6201]: 'digits' has no earlier state to go back to
                """),
        ErrorPage(
            6202, "It cannot be done in the endpoint's present state",
            """
            The request makes sense, but not now: an experiment runs, or the version brought a server down and is \
            quarantined.
            """,
            causes: ["a canary has a part of the traffic", "a rollout is under way", "the version is quarantined"],
            remedies: [
                "end the canary: slipway promote, or slipway rollback", "look at the new state: slipway status",
                "deploy another version",
            ],
            example: """
                $ slipway plan digits:2
                error[SW6202]: 'digits': a canary of digits:2 has 10% of the traffic
                   help: make it the stable version with 'promote', or end it with 'rollback'
                """),
        ErrorPage(
            6203, "A setting of a release cannot be",
            "A share, name, number or engine was given that has no meaning.",
            causes: ["a share outside 0% to 100%", "an endpoint's name with characters that names do not have"],
            remedies: ["correct it as the message says; see 'slipway deploy --help'"],
            example: """
                $ slipway deploy digits:2 --canary 200%
                error[SW6203]: a share lies between 0% and 100%, found 200%
                """),
        ErrorPage(
            6204, "A recorded release cannot be read back",
            "What the database holds about an endpoint contradicts the rules by which it was written.",
            causes: ["the database was edited by hand", "a faulty disk", "a home that a later Slipway has written to"],
            remedies: ["check the database: slipway doctor", "bring slipway.db back from a backup"],
            example: """
                error[SW6204]: revision 3 of 'digits': expected a list of arms
                """),
        ErrorPage(
            6205, "The platform could not carry the release out",
            "What ran before still runs. The message says at which step it ended.",
            causes: ["the version does not load", "its first runs failed", "a limit of memory or processors"],
            remedies: ["read the cause; try the version by itself: slipway run NAME:VERSION"],
            example: """
                error[SW6205]: digits:3 did not answer its warm-up
                """),
    ]
}
