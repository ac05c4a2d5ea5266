extension ErrorCatalog {
    /// Import, inspection and evaluation.
    static let workshop = [
        ErrorPage(
            7001, "The model file cannot be read",
            "The source is missing, is not a regular file, or you may not read it.",
            causes: ["a misspelt path", "a folder or a pipe was given", "missing rights"],
            remedies: ["check it with: ls -l FILE", "for a version, write its number: digits:3"],
            example: """
                $ slipway import missing.onnx
                error[SW7001]: cannot open 'missing.onnx': No such file or directory
                """),
        ErrorPage(
            7002, "The file is not a valid ONNX model",
            """
            Files are read in a child process with limits, and checked against the rules of ONNX. Every problem is listed, \
            at most twenty. Nothing was imported.
            """,
            causes: [
                "another format with the ending .onnx, such as a Git LFS pointer or a web page",
                "a file that was cut short", "an exporter's fault: names that nothing makes, wrong types, cycles",
            ],
            remedies: [
                "look at the first bytes: head -c 200 FILE", "export the model again, with opset 17 or later",
                "compare its size with the source's",
            ],
            example: """
                $ slipway import broken.onnx
                error[SW7002]: 'broken.onnx': the file is not a valid ONNX model
                  cause: node 'relu': input 'h' is made by nothing
                """),
        ErrorPage(
            7003, "The file crashed the process that read it",
            """
            The limited child died of a signal while it worked on the file: a fault in our reader or in an engine that \
            this file brings out, perhaps by intent. Nothing else was harmed, and nothing was imported.
            """,
            causes: ["a damaged or hostile file", "a fault of an engine", "memory ran out in the child"],
            remedies: [
                "do not trust the file before you know where it comes from",
                "import without running it (--no-run) to see whether reading or running is at fault",
                "please report it, with the file where you may share it",
            ],
            example: """
                $ slipway import odd.onnx
                error[SW7003]: 'odd.onnx': the file crashed the limited child (signal 11); nothing else was harmed
                """),
        ErrorPage(
            7004, "The file needs more than a model of its size may use",
            """
            The child that reads files may use memory, processor time and disk in proportion to the file's size. This one \
            wanted more and was stopped.
            """,
            causes: [
                "a file made to exhaust its reader", "shapes or counts that promise far more than the file holds",
                "a machine so busy that the wall clock ran out",
            ],
            remedies: [
                "try again on a machine that is less busy", "for a file you trust, please report it with its size",
            ],
            example: """
                $ slipway show bomb.onnx
                error[SW7004]: 'bomb.onnx': the file needs more processor time than a model of its size may use
                """),
        ErrorPage(
            7005, "No engine runs the model, or they disagree",
            """
            On import, every engine runs the model once on the same inputs. Either none could, or their answers differ by \
            more than rounding explains. Nothing was imported.
            """,
            causes: [
                "operators that no engine here has implemented", "an engine is missing",
                "a fault of one of the engines",
            ],
            remedies: [
                "see which engines are there: slipway doctor",
                "register it without running it: --no-run; it is recorded as not checked",
            ],
            example: """
                $ slipway import twist.onnx
                error[SW7005]: no engine runs 'twist.onnx'
                  cause: ONNX Runtime: operation 'Twist' is not implemented
                """),
        ErrorPage(
            7006, "The work on the model could not be done",
            """
            Either the walls around the child that reads foreign files could not be put up, so that nothing was read, or \
            the evaluation set does not fit the model.
            """,
            causes: [
                "an evaluation set with other columns than the model has inputs",
                "a kernel or container that forbids seccomp filters or resource limits",
            ],
            remedies: [
                "name the columns like the inputs, or give an NPZ file",
                "allow seccomp in the container; see what is missing with: slipway doctor",
            ],
            example: """
                $ slipway evaluate digits:1 --data iris.csv
                error[SW7006]: 'iris.csv': the table's columns do not fit the model's inputs
                  cause: columns: sepal_length, sepal_width, petal_length, petal_width, species
                  cause: inputs: pixels [N, 64]
                   help: name the columns like the inputs, or give an NPZ file
                """),
        ErrorPage(
            7007, "The home cannot take a copy of the file",
            "A file is copied into the home before it is read, so that what is checked is what is stored. There was no room for it.",
            causes: ["the disk of the home is full", "a quota", "the home is read-only"],
            remedies: ["free some space", "choose another home with --home"],
            example: """
                $ slipway import resnet50.onnx
                error[SW7007]: 'resnet50.onnx' cannot be copied into the home: no space is left
                   help: free some space, or choose another home with --home
                """),
        ErrorPage(
            7008, "There is no such environment",
            "An environment is a folder of Python packages that imports run classes with. None of this home has the name.",
            causes: ["the name is misspelt", "it was removed already", "another home was meant"],
            remedies: ["'slipway environment list' shows those that are there"],
            example: """
                $ slipway environment remove torch
                error[SW7008]: there is no environment 'torch'
                  cause: there is: torch-6746dbcbeb52
                   help: 'slipway environment list' shows them
                """),
    ]
}
