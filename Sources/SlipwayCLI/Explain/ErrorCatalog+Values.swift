extension ErrorCatalog {
    /// Files, arrays, JSON and graphs.
    static let values = [
        ErrorPage(
            1001, "An array or table does not hold what is needed",
            """
            A file of arrays (NPY, NPZ) or a table (CSV) was opened, and its content breaks a rule: of the format, of a \
            limit, or of what the model takes. Nothing was changed.
            """,
            causes: [
                "the file is cut short or is of another format than its name says",
                "an array has an element type that the model's input cannot take",
                "the array or column that was named is not in it",
            ],
            remedies: [
                "look at what the message says was expected and found, and write the file again",
                "list the arrays of an NPZ file with: python3 -c \"import numpy; print(numpy.load('rows.npz').files)\"",
            ],
            example: """
                $ slipway predict digits --data rows.npz
                error[SW1001]: array 'pixels' ends after 1000 of 1152 bytes
                """),
        ErrorPage(
            1002, "A text is no JSON document",
            """
            Slipway reads JSON strictly: no duplicate names, no comments, no trailing commas, no NaN, no bytes after the \
            end, at most 64 levels. The message gives the place of the first fault.
            """,
            causes: [
                "a comma or a quote is missing or too many", "the file has a comment",
                "another program answered where a Slipway server was expected",
            ],
            remedies: ["correct the place that is named; 'python3 -m json.tool FILE' finds most faults too"],
            example: """
                $ slipway import model.onnx --processing processing.json
                error[SW1002]: 'processing.json' is no JSON document
                  cause: unexpected ',' at offset 41
                """),
        ErrorPage(
            1003, "A file cannot be read",
            "A small file that was named on the command line could not be opened or read, or is larger than 16.8 MB.",
            causes: [
                "the path is misspelt or relative to another directory", "you may not read it",
                "a model or a data set was given where a JSON file belongs",
            ],
            remedies: ["check the path with: ls -l FILE", "give '-' to read standard input"],
            example: """
                $ slipway import model.onnx --provenance missing.json
                error[SW1003]: cannot read 'missing.json': No such file or directory
                """),
        ErrorPage(
            1004, "A file cannot be written",
            "A file or directory that you named to be made could not be written. What was there before is untouched.",
            causes: ["the directory is not there or not yours", "the disk is full", "the file system is read-only"],
            remedies: ["choose another place", "check it with: ls -ld DIRECTORY"],
            example: """
                $ slipway doctor --bundle /root/slipway.json
                error[SW1004]: cannot write '/root/slipway.json': Permission denied
                   help: choose another place
                """),
        ErrorPage(
            2001, "A model's graph cannot be used",
            """
            The bytes were read, but they are no ONNX model, break a rule of ONNX, pass a limit, or have what this \
            operation does not handle. The message names the place in the graph.
            """,
            causes: [
                "the file was cut short while it was copied", "it is a model in another format with the ending .onnx",
                "it uses an operator or a type that the operation does not know",
            ],
            remedies: [
                "see every problem at once with: slipway show FILE", "export the model again, with opset 17 or later",
            ],
            example: """
                error[SW2001]: node 'conv1': expected at least 2 inputs, found 1
                """),
    ]

    /// Engines and what they say.
    static let engines = [
        ErrorPage(
            3001, "The engine is not installed",
            """
            Engines are shared libraries that are opened when they are needed. None was found in SLIPWAY_ENGINES, the \
            home's 'engines' folder, the standard folder or the system's library path.
            """,
            causes: [
                "scripts/fetch-engines has not been run for this user", "SLIPWAY_ENGINES names another folder",
                "--home names a home without engines, and the standard folder has none either",
            ],
            remedies: [
                "run scripts/fetch-engines, or set SLIPWAY_ENGINES to the folder that has them",
                "see where each engine is looked for with: slipway doctor",
            ],
            example: """
                $ slipway evaluate digits:1 --data rows.npz --engine openvino
                error[SW3001]: OpenVINO: no library found in /opt/engines, the system's library path
                   help: run scripts/fetch-engines, or set SLIPWAY_ENGINES
                """),
        ErrorPage(
            3002, "The engine's library cannot be used",
            "A library was found and opened, but it is too old, too new, damaged or for another processor.",
            causes: [
                "a version of the engine that Slipway does not support lies first on the path",
                "the library was only partly unpacked", "a library that it needs itself is missing",
            ],
            remedies: [
                "see which file was opened with: slipway doctor",
                "remove it and run scripts/fetch-engines, which brings the supported version",
            ],
            example: """
                error[SW3002]: ONNX Runtime: version 1.9.0 is too old; 1.20 or later is needed
                """),
        ErrorPage(
            3003, "The engine refuses the model",
            """
            The model is valid ONNX, and yet this engine does not load it. The message has the engine's own words.
            """,
            causes: [
                "an operator, opset or type that the engine has not implemented",
                "a custom operator without its library",
                "declared and real shapes contradict each other",
            ],
            remedies: [
                "try the other engine: --engine onnxruntime, openvino or litert",
                "export with an opset that the engine knows",
            ],
            example: """
                error[SW3003]: OpenVINO: operation 'com.example.Twist' is not supported
                """),
        ErrorPage(
            3004, "The inputs do not fit the model",
            "Found before the engine was called: a name, an element type or a shape that the signature does not have.",
            causes: [
                "rows have another width than the model takes", "numbers are FP64 where FP32 is needed",
                "an input is missing or misspelt",
            ],
            remedies: ["compare with: slipway show NAME:VERSION", "convert the array before sending it"],
            example: """
                error[SW3004]: ONNX Runtime: input 'pixels' is FP32 [N, 64], got [1, 63]
                """),
        ErrorPage(
            3005, "The engine failed during a run",
            "The model was loaded and the inputs fit, but the run ended in an error inside the engine.",
            causes: [
                "values that lead to a shape that cannot be (a Reshape, a Slice)", "not enough memory for this batch",
                "a device or precision that was asked for is not there",
            ],
            remedies: [
                "try a smaller batch", "try the other engine; when only one fails, the model's file is worth a report",
            ],
            example: """
                error[SW3005]: ONNX Runtime: Reshape: cannot make [7, 5] out of 36 elements (code 6)
                """),
    ]
}
