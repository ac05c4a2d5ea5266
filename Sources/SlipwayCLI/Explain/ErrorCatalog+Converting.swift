extension ErrorCatalog {
    /// Models in the formats of other runtimes.
    static let converting = [
        ErrorPage(
            2301, "A model has no form in the other runtime's format",
            """
            'convert' looks at every node before it writes anything, and names each that the other runtime has no operator \
            for, with what to do about it. Nothing was written.
            """,
            causes: [
                "an operator that LiteRT or TensorFlow does not have, such as a recurrent layer or a tree",
                "shapes that are known only while the model runs", "an input with an open dimension besides the batch",
            ],
            remedies: [
                "follow the advice behind each node", "fix open dimensions with --size NAME=SIZE",
                "leave the model to ONNX Runtime: 'slipway serve' runs it as it is",
            ],
            example: """
                $ slipway convert speech.onnx --to tflite --output speech.tflite
                error[SW2301]: one part of the model has no form in LiteRT
                  cause: node 'encoder' (LSTM): LiteRT has no counterpart; unroll it in the exporter
                """),
        ErrorPage(
            2302, "A converted model does not answer as the original does",
            """
            The converted model was run on LiteRT, or read back (a SavedModel), and its answers differ from ONNX Runtime's \
            by more than 1e-4, or it does not run. Nothing was written.
            """,
            causes: ["a fault of the conversion", "a LiteRT that is older than the operators in the file"],
            remedies: ["install ai-edge-litert 2.3 or later there", "report the model: this should not happen"],
            example: """
                $ slipway convert model.onnx --to tflite --output model.tflite --python python3
                error[SW2302]: LiteRT's answers differ from ONNX Runtime's by 2.0e-3, over 0.0001
                """),
        ErrorPage(
            2303, "LiteRT cannot run here",
            "Answers are compared by a Python that has LiteRT. The one that was named has not, or is none.",
            causes: ["the path is misspelt", "ai-edge-litert is not installed there"],
            remedies: [
                "install it: python3 -m pip install ai-edge-litert", "leave --python out: nothing is compared then",
            ],
            example: """
                $ slipway convert model.onnx --to tflite --output model.tflite --python python3
                error[SW2303]: 'python3' cannot run LiteRT
                   help: install it there with: pip install ai-edge-litert; or leave --python out
                """),
        ErrorPage(
            2304, "A compiled file is not for this engine on this processor",
            """
            What an engine makes of a model for itself is good for one version of it on one kind of processor. Both are \
            recorded beside the file, with its digest, and compared before an engine sees it.
            """,
            causes: [
                "the engine was updated", "the file comes from another machine", "the file or its record was changed",
            ],
            remedies: ["compile the model here again with 'convert'", "use the version itself: it runs everywhere"],
            example: """
                $ slipway compare digits:1 digits.blob
                error[SW2304]: 'digits.blob' is not loaded: it was compiled by OpenVINO 2026.3.0, and here is 2026.4.1
                """),
        ErrorPage(
            2305, "No TensorRT plan can be made here",
            """
            A plan is made by TensorRT's own library on the device that will run it. What was looked for, and what was found, \
            is in the message.
            """,
            causes: ["no TensorRT, no NVIDIA device, or an ONNX Runtime without the provider"],
            remedies: ["make the plan on the machine with the device: trtexec --onnx=MODEL --saveEngine=PLAN"],
            example: """
                $ slipway convert digits:1 --to tensorrt --output digits.plan
                error[SW2305]: no TensorRT plan can be made here
                  cause: NVIDIA devices: none in /dev
                """),
    ]
}
