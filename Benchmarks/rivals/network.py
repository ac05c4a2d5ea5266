"""Networks as a Python server runs them: ONNX Runtime with one thread, the processing in NumPy."""

import os

import numpy as np
import onnxruntime


class Network:
    """The networks that the environment variable NETWORKS names as `name=file;name=file`; `digits` is that of its file
    with the scale before it and the softmax and argmax after it, which Slipway compiles into the graph."""

    def __init__(self):
        pairs = [pair.split("=", 1) for pair in os.environ["NETWORKS"].split(";")]
        self._sessions = {name: _session(path) for name, path in pairs}
        self._inputs = {name: session.get_inputs()[0].name for name, session in self._sessions.items()}
        self._outputs = {name: [output.name for output in session.get_outputs()] for name, session in
                         self._sessions.items()}

    def predict(self, name, values):
        """The outputs by name; `values` is the network's only input."""
        if name != "digits":
            return dict(zip(self._outputs[name], self._run(name, values)))
        (logits,) = self._run(name, values * np.float32(0.0625))
        return {"logits": logits, "logits_softmax": _softmax(logits), "logits_argmax": logits.argmax(axis=-1)}

    def _run(self, name, values):
        return self._sessions[name].run(None, {self._inputs[name]: values})


def _session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
