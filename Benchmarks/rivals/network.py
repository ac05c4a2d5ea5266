"""The perceptron as a Python server runs it: ONNX Runtime with one thread, the processing in NumPy."""

import os

import numpy as np
import onnxruntime


class Network:
    """The network of the environment variable NETWORK under a name: `bare` as it is; `digits` with the scale before it
    and the softmax and argmax after it, which Slipway compiles into the graph."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            os.environ["NETWORK"], options, providers=["CPUExecutionProvider"])

    def predict(self, name, pixels):
        """The outputs by name; `pixels` is FP32 [N, 64]."""
        if name == "bare":
            return {"logits": self._run(pixels)}
        logits = self._run(pixels * np.float32(0.0625))
        return {"logits": logits, "logits_softmax": _softmax(logits), "logits_argmax": logits.argmax(axis=-1)}

    def _run(self, pixels):
        return self._session.run(["logits"], {"pixels": pixels})[0]


def _softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
