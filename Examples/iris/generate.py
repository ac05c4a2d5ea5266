"""Makes everything in this folder that is not text: trains a classifier on irises and exports it in two forms.

Run by hand, seldom; the results are committed:

    python3 -m venv /tmp/iris && /tmp/iris/bin/pip install -r requirements.txt
    /tmp/iris/bin/python generate.py
"""

import csv
import json
import os
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}

import numpy as np
import onnxruntime
from onnx import ModelProto, checker
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).parent
SEED = 17
COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")


def main() -> None:
    iris = load_iris()
    measurements = iris.data.astype(np.float32)
    species = iris.target_names[iris.target]
    train, held_out, train_species, held_out_species = train_test_split(
        measurements, species, test_size=0.3, stratify=species, random_state=SEED
    )
    classifier = LogisticRegression(max_iter=1000, random_state=SEED).fit(train, train_species)

    models = {
        "iris": _exported(classifier, "iris", {"zipmap": False}),
        "iris-zipmap": _exported(classifier, "iris-zipmap", {}),
    }
    for name, model in models.items():
        (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    _write_csv(held_out, held_out_species)
    _write_sample(held_out[0])
    label, probabilities = _answers(models, held_out)
    if list(label) != list(classifier.predict(held_out)):
        raise SystemExit("the exported model and scikit-learn disagree")
    _write_expected(classifier.classes_, label, probabilities, held_out_species)


def _exported(classifier: LogisticRegression, name: str, options: dict) -> ModelProto:
    """`classifier` as skl2onnx converts it. Without options the probabilities come as a sequence of maps (ZipMap)."""
    model = convert_sklearn(
        classifier,
        name=name,
        initial_types=[("measurements", FloatTensorType([None, len(COLUMNS)]))],
        options={id(classifier): options},
    )
    checker.check_model(model)
    return model


def _write_csv(measurements: np.ndarray, species: np.ndarray) -> None:
    with open(FOLDER / "iris.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, "species"))
        for row, name in zip(measurements, species):
            writer.writerow((*(f"{value:.1f}" for value in row), name))


def _write_sample(row: np.ndarray) -> None:
    data = [round(float(value), 1) for value in row]
    tensor = {"name": "measurements", "shape": [1, len(COLUMNS)], "datatype": "FP32", "data": data}
    (FOLDER / "sample.json").write_text(json.dumps({"id": "sample", "inputs": [tensor]}) + "\n")


def _answers(models: dict[str, ModelProto], measurements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of the plain export, which those of the export with maps must equal."""
    label, probabilities = _run(models["iris"], measurements)
    map_label, maps = _run(models["iris-zipmap"], measurements)
    from_maps = np.array([[row[name] for name in sorted(row)] for row in maps], dtype=np.float32)
    if list(label) != list(map_label) or not np.array_equal(probabilities, from_maps):
        raise SystemExit("the two exports disagree")
    return label, probabilities


def _write_expected(classes: np.ndarray, label: np.ndarray, probabilities: np.ndarray, species: np.ndarray) -> None:
    correct = int((label == species).sum())
    print(f"iris: {correct}/{len(species)} = {correct / len(species):.4%}")
    expected = {
        "computedWith": f"onnxruntime {onnxruntime.__version__}",
        "accuracy": correct / len(species),
        "correct": correct,
        "total": len(species),
        "classes": list(classes),
        "labels": list(label),
        "probabilities": [[float(value) for value in row] for row in probabilities],
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def _run(model: ModelProto, measurements: np.ndarray) -> list:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"measurements": measurements})


if __name__ == "__main__":
    main()
