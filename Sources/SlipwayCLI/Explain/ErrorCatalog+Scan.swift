extension ErrorCatalog {
    /// Pickles that were looked through.
    static let scans: [ErrorPage] = [
        ErrorPage(
            7301, "Reading the file in Python would be dangerous",
            """
            A pickle is a program: reading it in Python imports and calls what it names. This one names something that runs \
            code, starts programs, opens files or talks to a network; or it breaks, and what it does until then is listed.
            """,
            causes: [
                "a file that was armed by somebody", "a model that was saved with a function inside",
                "a Keras model with a Lambda layer, which carries Python code", "a file that was cut short or damaged",
            ],
            remedies: [
                "do not load it", "ask whoever made it for an ONNX or safetensors file",
                "if it was cut short, fetch it again",
            ],
            example: """
                $ slipway scan model.pkl
                error[SW7301]: reading 'model.pkl' in Python would be dangerous
                """),
        ErrorPage(
            7302, "Of some names nothing is known",
            """
            The pickle imports classes or functions that are not on the list of those known to be harmless. Importing a \
            module runs it, and what it does depends on what is installed under that name.
            """,
            causes: ["a class of your own", "a library that is not on the list"],
            remedies: [
                "load it in Python only if you trust whoever made it",
                "there, convert it: skl2onnx.to_onnx(…) or torch.onnx.export(…)",
            ],
            example: """
                $ slipway scan model.pkl
                error[SW7302]: of some names in 'model.pkl' nothing is known
                """),
    ]
}
