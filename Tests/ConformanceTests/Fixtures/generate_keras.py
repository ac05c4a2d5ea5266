"""Writes keras/: small Keras networks as its users export them, with Keras's answers. Three ways lead to a file:

- `export`: Keras 3 on TensorFlow, `model.export(..., format="onnx")`;
- `tf2onnx`: the Keras that came with TensorFlow 2, through tf2onnx;
- `pytorch`: Keras 3 on PyTorch, `model.export` again, which is another exporter underneath.

Run first in an environment with requirements_keras.txt: python3 generate_keras.py [NAME...]
then in one with requirements_torch.txt: KERAS_BACKEND=torch python3 generate_keras.py [NAME...]
The files are committed; nothing of this runs in tests. Arrays come out the same each time; tf2onnx puts nodes in another
order and gives them other numbers.
"""

import dataclasses
import os
import sys
import tempfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx

import keras_nets as nets
from cases import FOLDER, save_cases, save_model

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@dataclasses.dataclass
class Entry:
    name: str
    # Kinds of inputs in their order: "float", or integers below a number.
    kinds: list
    # Batch and length of each case; lengths count where the network leaves them open.
    cases: list
    # Operator sets for each way.
    export: list = dataclasses.field(default_factory=lambda: [18])
    tf2onnx: list = dataclasses.field(default_factory=lambda: [15])
    pytorch: list = dataclasses.field(default_factory=lambda: [18])
    tolerance: float = 1e-5

    @property
    def make(self):
        return getattr(nets, self.name)


BATCHES = [(3, 0), (1, 0), (4, 0)]
LENGTHS = [(2, 7), (1, 12), (3, 4)]

ENTRIES = [
    Entry("dense", ["float"], BATCHES, export=[13, 18], tf2onnx=[9, 13, 17]),
    Entry("two_inputs", ["float", 10], BATCHES),
    Entry("convolutional", ["float"], BATCHES, export=[13, 18], tf2onnx=[11, 15]),
    Entry("residual", ["float"], BATCHES),
    Entry("waves", ["float"], BATCHES),
    # PyTorch's exporter traces the loop of one length, and answers wrongly for others.
    Entry("lstm", ["float"], LENGTHS, pytorch=[]),
    Entry("gru", ["float"], LENGTHS, pytorch=[]),
    Entry("both_ways", ["float"], LENGTHS, pytorch=[]),
    # Here it fails: at layer normalisation over an open length, and at three-dimensional kernels.
    Entry("attention", ["float"], LENGTHS, pytorch=[]),
    Entry("words", [25], LENGTHS),
    Entry("segmenter", ["float"], BATCHES, tolerance=5e-5),
    Entry("normalised", ["float"], BATCHES, pytorch=[]),
    Entry("volume", ["float"], BATCHES, pytorch=[]),
]


def arrays(entry, model, batch, length, seed):
    """One case's inputs."""
    random = np.random.default_rng(seed)
    result = []
    for value, kind in zip(model.inputs, entry.kinds, strict=True):
        shape = [batch] + [length if size is None else size for size in value.shape[1:]]
        if kind == "float":
            result.append((random.normal(size=shape) * 8).round().astype(np.float32) / 8)
        else:
            result.append(random.integers(0, kind, shape, dtype=np.int32))
    return result


def seeded(entry, library):
    """The network with the same weights, whichever Keras it is."""
    model = entry.make(library)
    random = np.random.default_rng(zlib.crc32(entry.name.encode()))
    weights = []
    for variable in model.weights:
        array = random.normal(size=variable.shape) * 0.4
        weights.append(array**2 + 0.5 if "variance" in variable.name else array)
    model.set_weights(weights)
    return model


def answers(model, given):
    result = model(given[0] if len(given) == 1 else given, training=False)
    return [np.asarray(keras.ops.convert_to_numpy(array)) for array in (result if isinstance(result, (list, tuple)) else [result])]


def checked_cases(entry, model):
    """The cases; those committed already must be answered alike by every Keras."""
    cases = []
    for seed, (batch, length) in enumerate(entry.cases):
        given = arrays(entry, model, batch, length, seed)
        cases.append((given, answers(model, given)))
    return cases


def compare(entry, cases):
    saved = np.load(FOLDER / "keras" / f"{entry.name}.npz")
    for number, (given, answered) in enumerate(cases):
        for place, array in enumerate(answered):
            np.testing.assert_allclose(array, saved[f"{number}.output.{place}"], rtol=1e-4, atol=1e-5)


def exported(model, opset):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.onnx"
        model.export(path, format="onnx", verbose=False, opset_version=opset)
        return onnx.load(path)


def on_tensorflow(entry):
    import tf2onnx
    import tf_keras

    model = seeded(entry, keras)
    save_cases("keras", entry.name, checked_cases(entry, model), entry.tolerance)
    for opset in entry.export:
        save_model("keras", f"{entry.name}.export-{opset}", exported(model, opset))
    if entry.tf2onnx:
        model = seeded(entry, tf_keras)
        compare(entry, checked_cases(entry, model))
    for opset in entry.tf2onnx:
        save_model("keras", f"{entry.name}.tf2onnx-{opset}", tf2onnx.convert.from_keras(model, opset=opset)[0])


def on_pytorch(entry):
    model = seeded(entry, keras)
    compare(entry, checked_cases(entry, model))
    for opset in entry.pytorch:
        save_model("keras", f"{entry.name}.pytorch-{opset}", exported(model, opset))


if __name__ == "__main__":
    for entry in ENTRIES:
        if not sys.argv[1:] or entry.name in sys.argv[1:]:
            (on_tensorflow if ON_TENSORFLOW else on_pytorch)(entry)
