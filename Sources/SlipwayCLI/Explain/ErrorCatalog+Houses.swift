extension ErrorCatalog {
    /// Folders of other servers.
    static let houses: [ErrorPage] = [
        ErrorPage(
            7401, "A file of another server cannot be read",
            """
            A configuration breaks its format's rules, or says something of a model that the model contradicts. Line and \
            column are named. The server it was written for would refuse it as well.
            """,
            causes: [
                "a slip of the pen", "a field of a later version", "the model was replaced and not its configuration",
            ],
            remedies: ["correct the line", "take the configuration away: everything is then taken from the graph"],
            example: """
                $ slipway import model_repository
                error[SW7401]: config.pbtxt: line 3, column 18: 'max_batch_size' takes a whole number, found 'many'
                """),
        ErrorPage(
            7402, "Another server's model would be answered differently here",
            """
            What a configuration asks for changes answers, and cannot be had here; or the model is of a format that is not \
            read. It is refused rather than served differently.
            """,
            causes: ["inputs that tell a sequence's beginning", "ragged batches", "a backend that is none of ours"],
            remedies: ["convert the model to ONNX where it was trained", "import its .onnx file by itself"],
            example: """
                $ slipway import saved
                error[SW7402]: 'saved' holds a SavedModel, which is not converted here
                """),
        ErrorPage(
            7403, "A file of another server is too large",
            "A configuration, or what is in it, is over a limit. Configurations are small; this is damage or an attack.",
            causes: ["another file under a configuration's name", "an endless list"],
            remedies: ["look at the file", "import the models one by one"],
            example: """
                $ slipway import model_repository
                error[SW7403]: config.pbtxt: the text has 2097152 bytes; at most 1048576 are read
                """),
        ErrorPage(
            7404, "The folder is none that models are imported from",
            "A folder was named, and nothing in it tells which server it belongs to; or a file that belongs there is missing.",
            causes: ["a folder above or below the right one", "links, which are not followed"],
            remedies: ["name the folder that holds the models' folders", "copy it as plain files: cp -rL FOLDER COPY"],
            example: """
                $ slipway import downloads
                error[SW7404]: 'downloads' is a folder, and none that models are imported from
                """),
        ErrorPage(
            7405, "Nothing in the folder could be imported",
            "Every model was left out, each for a reason that is listed.",
            causes: ["models of formats that are not read", "configurations that contradict their models"],
            remedies: ["follow the help beside each model", "see all of it first with --dry-run"],
            example: """
                $ slipway import model_repository
                error[SW7405]: nothing in 'model_repository' could be imported
                """),
    ]
}
