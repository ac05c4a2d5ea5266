extension ErrorCatalog {
    /// Scoring files.
    static let scoring = [
        ErrorPage(
            7201, "Scoring was stopped",
            """
            What was written up to then is kept beside the output, with a journal of how far it came. Nothing is lost and \
            nothing is done twice.
            """,
            causes: ["Ctrl-C, or another program's SIGTERM"],
            remedies: ["give the same command again: it goes on where it was", "begin again with --restart"],
            example: """
                $ slipway predict digits:1 --input rows.csv --output answers.csv
                error[SW7201]: stopped after row 120000; what is done is kept
                """),
        ErrorPage(
            7202, "Too many rows are rejected",
            """
            Rows that the version cannot take are written to a file beside the output, with their numbers and reasons. \
            More of them than --max-rejected mean that something else is wrong.
            """,
            causes: ["a file of another form than the version takes", "missing values", "text in a column of numbers"],
            remedies: [
                "read the reason in the message", "allow more with --max-rejected; the run goes on where it was",
            ],
            example: """
                $ slipway predict iris:1 --input rows.csv --output answers.csv --max-rejected 0
                error[SW7202]: more than 0 rows are rejected, now row 2: line 4, column 'petal_width': the cell is empty
                """),
        ErrorPage(
            7203, "An unfinished run is in the way",
            """
            Beside the output lies the journal of a run that did not come to its end, and that this command would not \
            continue: its version, its input, its form or its options are others.
            """,
            causes: ["the input was changed meanwhile", "another version is named", "another run is at work"],
            remedies: ["finish that run with its own options", "throw it away with --restart", "write somewhere else"],
            example: """
                $ slipway predict digits:2 --input rows.csv --output answers.csv
                error[SW7203]: an unfinished run with another version, input or options is kept beside 'answers.csv'
                """),
        ErrorPage(
            7204, "The file's rows are none that the version takes",
            "Columns, arrays or shapes differ from the version's inputs. No row was scored.",
            causes: ["columns that the model does not have", "arrays with other names", "another shape or type"],
            remedies: [
                "compare with: slipway show NAME:VERSION", "leave columns out with --ignore NAME,NAME",
                "name the arrays of an NPZ file as the inputs are",
            ],
            example: """
                $ slipway predict iris:1 --input iris.csv --output answers.csv
                error[SW7204]: model 'iris:1' takes 4 columns, in the order of input 'features'; the table has 5
                """),
        ErrorPage(
            7205, "The answers cannot be written",
            "The output's folder refuses the file, the disk is full, or the form cannot hold these answers.",
            causes: [
                "an ending other than .csv, .jsonl, .npy and .npz", "text in an array file", "a full disk",
            ],
            remedies: ["choose outputs with --outputs", "write jsonl, which holds everything"],
            example: """
                $ slipway predict digits:1 --input rows.csv --output answers.npy
                error[SW7205]: an NPY file holds one output, and the version has logits, logits_softmax
                """),
        ErrorPage(
            7206, "The input cannot be read",
            "The file is missing, is damaged, or does not say by its ending what it is.",
            causes: ["a misspelt path", "a quote that is never closed", "a folder without images"],
            remedies: ["look at the place that the message names"],
            example: """
                $ slipway predict digits:1 --input rows.csv --output answers.csv
                error[SW7206]: cannot open 'rows.csv': No such file or directory
                """),
    ]
}
