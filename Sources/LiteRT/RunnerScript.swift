/// A program for Python that runs converted models on LiteRT, so that answers can be compared with ONNX Runtime's.
package enum RunnerScript {
    /// Takes three paths for each model: the model, an NPZ file with its inputs as arrays `0`, `1`, …, and the NPZ
    /// file to write its outputs to, numbered likewise. With the
    /// word `nhwc` in front, images are given and taken with their channels last. Ends with 3 where LiteRT is missing.
    package static let text = """
        import sys
        try:
            import numpy
            try:
                from ai_edge_litert.interpreter import Interpreter
            except ImportError:
                from tflite_runtime.interpreter import Interpreter
        except ImportError:
            sys.exit(3)
        arguments = sys.argv[1:]
        swaps = arguments[:1] == ["nhwc"]
        arguments = arguments[1:] if swaps else arguments
        def turned(value, order):
            return numpy.ascontiguousarray(value.transpose(order)) if swaps and value.ndim == 4 else value
        for model, given, made in zip(*[iter(arguments)] * 3):
            runner = Interpreter(model, num_threads=1)
            runner.allocate_tensors()
            values = numpy.load(given)
            for number, detail in enumerate(runner.get_input_details()):
                runner.set_tensor(detail["index"], turned(values[str(number)], (0, 2, 3, 1)))
            runner.invoke()
            outputs = [runner.get_tensor(detail["index"]) for detail in runner.get_output_details()]
            numpy.savez(made, **{str(number): turned(value, (0, 3, 1, 2)) for number, value in enumerate(outputs)})
        """
}
