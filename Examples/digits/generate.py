"""Makes everything in this folder that is not text: trains the networks, writes models, data and expected answers.

Run by hand, seldom; the results are committed:

    python3 -m venv /tmp/digits && /tmp/digits/bin/pip install -r requirements.txt
    /tmp/digits/bin/python generate.py
"""

import json
import os
from pathlib import Path

# One thread and one instruction set in every numeric library, before any of them is imported: the order of
# floating-point sums, and so every byte written, is then the same on any x86-64 machine with AVX2.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "MKL_CBWR": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}

import numpy as np
import onnxruntime
from onnx import ModelProto
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import graphs
import training

FOLDER = Path(__file__).parent
SCALE = np.float32(1 / 16)  # a power of two: scaling in Python and in the graph give the same bits


def main() -> None:
    pixels, labels = load_digits(return_X_y=True)
    pixels, labels = pixels.astype(np.float32), labels.astype(np.int64)
    train, held_out, train_labels, held_out_labels = train_test_split(
        pixels, labels, test_size=0.25, stratify=labels, random_state=training.SEED
    )
    np.savez_compressed(FOLDER / "held-out.npz", pixels=held_out, labels=held_out_labels)

    mlp = training.train_perceptron(train * SCALE, train_labels)
    cnn = training.train_convolutional(train * SCALE, train_labels)
    models = {
        "mlp": graphs.perceptron(mlp, "Handwritten digits, perceptron 64-128-64-10 trained with scikit-learn."),
        "cnn": graphs.convolutional(cnn, "Handwritten digits, convolutional network trained with PyTorch."),
        "bad": graphs.perceptron(_mislabelled(mlp), "The perceptron with its labels moved by one: valid and wrong."),
    }
    broken = graphs.mistaken_for_mnist("Well-formed, but reshapes 64 pixels to 28x28: fails when first run.")
    for name, model in {**models, "broken": broken}.items():
        (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))

    _write_expected({name: _logits(model, held_out) for name, model in models.items()}, held_out_labels)
    _write_sample(held_out[0])
    _require_failure(broken, held_out)


def _mislabelled(weights: graphs.Weights) -> graphs.Weights:
    """The same weights, answering d + 1 (and 0 for 9) wherever the original answers d."""
    moved = {name: np.roll(weights[name], 1, axis=-1) for name in ("output.weight", "output.bias")}
    return {**weights, **moved}


def _session(model: ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _logits(model: ModelProto, pixels: np.ndarray) -> np.ndarray:
    return _session(model).run(["logits"], {"pixels": pixels * SCALE})[0]


def _write_expected(logits: dict[str, np.ndarray], labels: np.ndarray) -> None:
    """`expected.npz`: logits and predictions of each model; `expected.json`: its accuracy, to full precision."""
    arrays, summary = {}, {}
    for name, values in logits.items():
        predictions = values.argmax(axis=1)
        correct = int((predictions == labels).sum())
        first, second = np.sort(values, axis=1)[:, :-3:-1].T
        arrays[f"{name}.logits"] = values
        arrays[f"{name}.predictions"] = predictions.astype(np.int64)
        summary[name] = {
            "accuracy": correct / len(labels),
            "correct": correct,
            "total": len(labels),
            "smallestMargin": float((first - second).min()),
        }
        print(f"{name}: {correct}/{len(labels)} = {correct / len(labels):.4%}")
    np.savez_compressed(FOLDER / "expected.npz", **arrays)
    _write_json("expected.json", {"computedWith": f"onnxruntime {onnxruntime.__version__}", "models": summary})


def _write_sample(image: np.ndarray) -> None:
    tensor = {"name": "pixels", "shape": [1, 64], "datatype": "FP32", "data": [int(value) for value in image]}
    _write_json("sample.json", {"id": "sample", "inputs": [tensor]}, indent=None)


def _write_json(name: str, value: dict, indent: int | None = 2) -> None:
    (FOLDER / name).write_text(json.dumps(value, indent=indent) + "\n")


def _require_failure(model: ModelProto, pixels: np.ndarray) -> None:
    """The broken model must load, and must fail for every batch that a warm-up is likely to use."""
    session = _session(model)
    for count in (1, 2, 4, 8, 16, 32, 64, 128):
        try:
            session.run(None, {"pixels": pixels[:count] * SCALE})
        except Exception as error:
            if "Reshape" not in str(error):
                raise
        else:
            raise SystemExit(f"broken.onnx answered a batch of {count}; it is meant to fail")


if __name__ == "__main__":
    main()
