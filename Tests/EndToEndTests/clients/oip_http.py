"""Calls a served digit classifier with unmodified `tritonclient.http` and checks every answer.

    python oip_http.py --url 127.0.0.1:8080 --endpoint digits --model mlp \
        --data Examples/digits/held-out.npz --expected Examples/digits/expected.json

`--expected` names the JSON with accuracies; the predictions are read from the `.npz` beside it, under `--model`.
Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as client
from tritonclient.utils import np_to_triton_dtype

from checks import CheckFailed, Checks, require, require_equal, require_refusal

ABSENT = "no-such-thing"


class Digits:
    """The endpoint under test, its held-out images, and the answers that Python computed for them."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.server = client.InferenceServerClient(arguments.url, concurrency=4, network_timeout=30.0)
        self.endpoint = arguments.endpoint
        data = np.load(arguments.data, allow_pickle=False)
        self.pixels, self.labels = data["pixels"], data["labels"]
        self.summary = json.loads(arguments.expected.read_text())["models"][arguments.model]
        self.answers = np.load(arguments.expected.with_suffix(".npz"), allow_pickle=False)
        self.model = arguments.model
        self.predictions = self.answers[f"{arguments.model}.predictions"]
        self.version = arguments.version
        self.outputs: list[str] = []

    # Requests

    def infer(self, pixels, binary=True, requested=None, name="pixels", endpoint=None, version="", **options):
        """One request; `requested` names the outputs wanted, or `None` for whatever the server gives by default."""
        tensor = client.InferInput(name, list(pixels.shape), np_to_triton_dtype(pixels.dtype))
        tensor.set_data_from_numpy(pixels, binary_data=binary)
        outputs = requested and [client.InferRequestedOutput(output, binary_data=binary) for output in requested]
        return self.server.infer(endpoint or self.endpoint, [tensor], version, outputs, **options)

    def predicted(self, result) -> np.ndarray:
        """The digits that `result` answers: the position of the largest score, in the first output of ten columns."""
        for output in self.outputs:
            scores = result.as_numpy(output)
            if scores is not None and scores.ndim == 2 and scores.shape[1] == 10:
                return scores.argmax(axis=1)
        raise CheckFailed(f"no output of {self.outputs} holds ten scores a row")

    # Health and metadata

    def server_is_live(self) -> None:
        require(self.server.is_server_live(), "not live")

    def server_is_ready(self) -> None:
        require(self.server.is_server_ready(), "not ready")

    def model_is_ready(self) -> None:
        require(self.server.is_model_ready(self.endpoint), "not ready")

    def unknown_model_is_not_ready(self) -> None:
        require(not self.server.is_model_ready(ABSENT), "ready")

    def server_metadata(self) -> None:
        metadata = self.server.get_server_metadata()
        require(metadata["name"] and metadata["version"], f"name or version is missing: {metadata}")
        require("binary_tensor_data" in metadata["extensions"], f"binary tensors are not announced: {metadata}")

    def model_metadata(self) -> None:
        metadata = self.server.get_model_metadata(self.endpoint)
        require_equal(metadata["name"], self.endpoint, "name")
        require(metadata["platform"], "no platform")
        require_equal(metadata["inputs"], [{"name": "pixels", "datatype": "FP32", "shape": [-1, 64]}], "inputs")
        scores = [output for output in metadata["outputs"] if output["shape"] == [-1, 10]]
        require(scores and scores[0]["datatype"] == "FP32", f"no FP32 output of ten columns: {metadata['outputs']}")
        self.outputs = [output["name"] for output in metadata["outputs"]]
        self.version = self.version or metadata["versions"][-1]

    # Inference

    def json_tensors(self) -> None:
        result = self.infer(self.pixels[:3], binary=False, requested=self.outputs)
        response = result.get_response()
        require_equal(response["model_name"], self.endpoint, "model_name")
        require(all("data" in output for output in response["outputs"]), "an output is not in the JSON")
        require_equal(self.predicted(result).tolist(), self.predictions[:3].tolist(), "digits")

    def binary_tensors(self) -> None:
        result = self.infer(self.pixels[:3], requested=self.outputs)
        sizes = [output["parameters"]["binary_data_size"] for output in result.get_response()["outputs"]]
        require(all(size > 0 for size in sizes), f"sizes of the binary outputs: {sizes}")
        require_equal(self.predicted(result).tolist(), self.predictions[:3].tolist(), "digits")

    def binary_in_json_out_mix(self) -> None:
        tensor = client.InferInput("pixels", [2, 64], "FP32")
        tensor.set_data_from_numpy(self.pixels[:2], binary_data=True)
        outputs = [client.InferRequestedOutput(output, binary_data=False) for output in self.outputs]
        result = self.server.infer(self.endpoint, [tensor], outputs=outputs)
        require(all("data" in output for output in result.get_response()["outputs"]), "an output is not in the JSON")
        require_equal(self.predicted(result).tolist(), self.predictions[:2].tolist(), "digits")

    def json_and_binary_agree(self) -> None:
        as_json = self.infer(self.pixels[:16], binary=False, requested=self.outputs)
        as_binary = self.infer(self.pixels[:16], requested=self.outputs)
        for output in self.outputs:
            left, right = as_json.as_numpy(output), as_binary.as_numpy(output)
            require_equal((left.dtype, left.shape), (right.dtype, right.shape), f"form of {output}")
            require(np.array_equal(left, right), f"{output} differs between JSON and binary")

    def default_outputs(self) -> None:
        response = self.infer(self.pixels[:1]).get_response()
        require_equal([output["name"] for output in response["outputs"]], self.outputs, "outputs")

    def requested_output_alone(self) -> None:
        wanted = self.outputs[-1]
        response = self.infer(self.pixels[:1], requested=[wanted]).get_response()
        require_equal([output["name"] for output in response["outputs"]], [wanted], "outputs")

    def request_id_comes_back(self) -> None:
        response = self.infer(self.pixels[:1], request_id="request-17").get_response()
        require_equal(response.get("id"), "request-17", "id")

    def version_in_path(self) -> None:
        require(self.server.is_model_ready(self.endpoint, self.version), f"version {self.version} is not ready")
        metadata = self.server.get_model_metadata(self.endpoint, self.version)
        require(self.version in metadata["versions"], f"version {self.version} is not in {metadata['versions']}")
        response = self.infer(self.pixels[:1], version=self.version).get_response()
        require_equal(response.get("model_version"), self.version, "model_version")

    def requests_in_flight_together(self) -> None:
        tensors = []
        for row in self.pixels[:32]:
            tensors.append(client.InferInput("pixels", [1, 64], "FP32"))
            tensors[-1].set_data_from_numpy(row.reshape(1, 64))
        pending = [self.server.async_infer(self.endpoint, [tensor]) for tensor in tensors]
        found = [int(self.predicted(each.get_result(timeout=30))[0]) for each in pending]
        require_equal(found, self.predictions[:32].tolist(), "digits")

    # Accuracy over all held-out images

    def accuracy_one_by_one(self) -> None:
        rows = [self.infer(row.reshape(1, 64), binary=False, requested=self.outputs) for row in self.pixels]
        self._require_accuracy(np.concatenate([self.predicted(row) for row in rows]))

    def accuracy_in_one_request(self) -> None:
        result = self.infer(self.pixels, requested=self.outputs)
        self._require_accuracy(self.predicted(result))
        for output in self.outputs:
            key = f"{self.model}.{output}"
            if key in self.answers:
                difference = np.abs(result.as_numpy(output) - self.answers[key]).max()
                require(difference <= 1e-4, f"{output} differs from Python's by {difference}")

    def _require_accuracy(self, found: np.ndarray) -> None:
        accuracy = int((found == self.labels).sum()) / len(self.labels)
        require_equal(accuracy, self.summary["accuracy"], "accuracy")
        wrong = int((found != self.predictions).sum())
        require(wrong == 0, f"{wrong} predictions differ from Python's")

    # Refusals

    def unknown_model(self) -> None:
        require_refusal(lambda: self.infer(self.pixels[:1], endpoint=ABSENT), "404", ABSENT)

    def metadata_of_unknown_model(self) -> None:
        require_refusal(lambda: self.server.get_model_metadata(ABSENT), "404", ABSENT)

    def unknown_version(self) -> None:
        require_refusal(lambda: self.infer(self.pixels[:1], version="987654"), "404", "987654")

    def wrong_shape(self) -> None:
        for binary in (False, True):
            require_refusal(lambda: self.infer(self.pixels[:1, :63], binary), "400", "pixels", "64", "63")

    def wrong_rank(self) -> None:
        require_refusal(lambda: self.infer(self.pixels[0]), "400", "pixels", "64")

    def wrong_datatype(self) -> None:
        for binary in (False, True):
            pixels = self.pixels[:1].astype(np.float64)
            require_refusal(lambda: self.infer(pixels, binary), "400", "pixels", "FP32", "FP64")

    def unknown_input(self) -> None:
        require_refusal(lambda: self.infer(self.pixels[:1], name=ABSENT), "400", ABSENT)

    def missing_input(self) -> None:
        require_refusal(lambda: self.server.infer(self.endpoint, []), "400", "pixels")

    def unknown_output(self) -> None:
        for binary in (False, True):
            require_refusal(lambda: self.infer(self.pixels[:1], binary, requested=[ABSENT]), "400", ABSENT)

    def checks(self):
        yield "server is live", self.server_is_live
        yield "server is ready", self.server_is_ready
        yield "model is ready", self.model_is_ready
        yield "unknown model is not ready", self.unknown_model_is_not_ready
        yield "server metadata", self.server_metadata
        yield "model metadata", self.model_metadata
        yield "infer with JSON tensors", self.json_tensors
        yield "infer with binary tensors", self.binary_tensors
        yield "infer with binary input and JSON output", self.binary_in_json_out_mix
        yield "JSON and binary outputs agree to the last bit", self.json_and_binary_agree
        yield "all outputs come when none is requested", self.default_outputs
        yield "only the requested output comes", self.requested_output_alone
        yield "request id comes back", self.request_id_comes_back
        yield "version in the path", self.version_in_path
        yield "unknown model is refused", self.unknown_model
        yield "metadata of an unknown model is refused", self.metadata_of_unknown_model
        yield "unknown version is refused", self.unknown_version
        yield "wrong shape is refused", self.wrong_shape
        yield "wrong rank is refused", self.wrong_rank
        yield "wrong datatype is refused", self.wrong_datatype
        yield "unknown input is refused", self.unknown_input
        yield "missing input is refused", self.missing_input
        yield "unknown output is refused", self.unknown_output
        yield "requests in flight together", self.requests_in_flight_together
        yield "accuracy one by one as JSON equals Python's", self.accuracy_one_by_one
        yield "accuracy in one binary request equals Python's", self.accuracy_in_one_request
        yield "server is still ready", self.server_is_ready


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="HOST:PORT of the data plane")
    parser.add_argument("--endpoint", default="digits")
    parser.add_argument("--model", default="mlp", help="whose answers to expect: mlp, cnn or bad")
    parser.add_argument("--data", type=Path, required=True, help="NPZ with pixels (0...16) and labels")
    parser.add_argument("--expected", type=Path, required=True, help="JSON with accuracies, its NPZ beside it")
    parser.add_argument("--version", help="version to name in the path; else the last one that the metadata lists")
    arguments = parser.parse_args()
    digits, checks = Digits(arguments), Checks()
    for name, check in digits.checks():
        if not checks.run(name, check) and check == digits.server_is_live:
            break
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
