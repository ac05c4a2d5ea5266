"""Calls the served iris classifier with unmodified `tritonclient.http`: string tensors as JSON and as binary.

    python oip_http_strings.py --url 127.0.0.1:8080 --endpoint iris \
        --data Examples/iris/iris.csv --expected Examples/iris/expected.json

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as client

from checks import Checks, require, require_equal


class Iris:
    """The endpoint under test, the held-out flowers, and the answers that Python computed for them."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.server = client.InferenceServerClient(arguments.url, network_timeout=30.0)
        self.endpoint = arguments.endpoint
        with open(arguments.data, newline="") as file:
            _, *rows = csv.reader(file)
        self.measurements = np.array([row[:-1] for row in rows], dtype=np.float32)
        self.species = [row[-1] for row in rows]
        self.expected = json.loads(arguments.expected.read_text())

    def infer(self, binary: bool):
        tensor = client.InferInput("measurements", list(self.measurements.shape), "FP32")
        tensor.set_data_from_numpy(self.measurements, binary_data=binary)
        outputs = [client.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
        return self.server.infer(self.endpoint, [tensor], outputs=outputs)

    def metadata(self) -> None:
        outputs = {each["name"]: each for each in self.server.get_model_metadata(self.endpoint)["outputs"]}
        require_equal((outputs["label"]["datatype"], outputs["label"]["shape"]), ("BYTES", [-1]), "label")
        scores = outputs["probabilities"]
        require_equal((scores["datatype"], scores["shape"]), ("FP32", [-1, 3]), "probabilities")

    def json_tensors(self) -> None:
        result = self.infer(binary=False)
        self._require_answers(list(result.as_numpy("label")), result.as_numpy("probabilities"))

    def binary_tensors(self) -> None:
        result = self.infer(binary=True)
        self._require_answers([text.decode() for text in result.as_numpy("label")], result.as_numpy("probabilities"))

    def _require_answers(self, labels: list[str], probabilities: np.ndarray) -> None:
        require_equal(labels, self.expected["labels"], "labels")
        correct = sum(found == true for found, true in zip(labels, self.species))
        require_equal(correct / len(labels), self.expected["accuracy"], "accuracy")
        difference = np.abs(probabilities - np.array(self.expected["probabilities"], dtype=np.float32)).max()
        require(difference <= 1e-6, f"probabilities differ from Python's by {difference}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="HOST:PORT of the data plane")
    parser.add_argument("--endpoint", default="iris")
    parser.add_argument("--data", type=Path, required=True, help="CSV with four measurements and the species")
    parser.add_argument("--expected", type=Path, required=True, help="JSON with labels, probabilities and accuracy")
    iris, checks = Iris(parser.parse_args()), Checks()
    checks.run("metadata of string tensors", iris.metadata)
    checks.run("string output as JSON", iris.json_tensors)
    checks.run("string output as binary", iris.binary_tensors)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
