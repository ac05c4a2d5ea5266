"""Asks the served digit classifier for Triton's extensions with unmodified `tritonclient.http`, and has the description
of its routes read by `openapi-spec-validator`.

    python extensions_http.py --url 127.0.0.1:8080 --endpoint digits

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import json
import sys
import urllib.request

import numpy as np
import tritonclient.http as client
from openapi_spec_validator import OpenAPIV31SpecValidator

from checks import Checks, require, require_equal, require_refusal


class Extensions:
    """The endpoint under test."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.url = arguments.url
        self.server = client.InferenceServerClient(arguments.url, network_timeout=30.0)
        self.endpoint = arguments.endpoint

    def configuration(self) -> None:
        config = self.server.get_model_config(self.endpoint)
        require_equal(config["name"], self.endpoint, "name")
        require(config["max_batch_size"] > 1, f"the model takes no batches: {config}")
        require_equal(config["input"][0]["dims"], [64], "dimensions without that of the batch")
        require_equal(config["model_transaction_policy"], {"decoupled": False}, "transaction policy")

    def classification(self) -> None:
        tensor = client.InferInput("pixels", [2, 64], "FP32")
        tensor.set_data_from_numpy(np.linspace(0, 16, 128, dtype=np.float32).reshape(2, 64))
        classes = client.InferRequestedOutput("logits", class_count=3)
        found = self.server.infer(self.endpoint, [tensor], outputs=[classes]).as_numpy("logits")
        scores = self.server.infer(self.endpoint, [tensor], outputs=[client.InferRequestedOutput("logits")])
        for row, expected in zip(found, scores.as_numpy("logits")):
            best = np.argsort(-expected, kind="stable")[:3]
            require_equal([entry.decode() for entry in row], [f"{expected[i]:f}:{i}:{i}" for i in best], "best classes")

    def statistics(self) -> None:
        before = self.server.get_inference_statistics(self.endpoint)["model_stats"][0]
        tensor = client.InferInput("pixels", [5, 64], "FP32")
        tensor.set_data_from_numpy(np.zeros((5, 64), dtype=np.float32))
        self.server.infer(self.endpoint, [tensor])
        after = self.server.get_inference_statistics()["model_stats"][0]
        require_equal(after["inference_count"] - before["inference_count"], 5, "rows")
        require_equal(after["execution_count"] - before["execution_count"], 1, "runs")

    def repository(self) -> None:
        index = self.server.get_model_repository_index()
        require_equal(index, [{"name": self.endpoint, "version": "1", "state": "READY", "reason": ""}], "index")
        require_refusal(lambda: self.server.load_model(self.endpoint), "501", "slipway deploy")
        require_refusal(lambda: self.server.unload_model(self.endpoint), "501", "slipway undeploy")

    def logging(self) -> None:
        require_equal(self.server.get_log_settings()["log_format"], "default", "form of the log")

    def description(self) -> None:
        with urllib.request.urlopen(f"http://{self.url}/openapi.json") as reply:
            document = json.load(reply)
        faults = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in
                  OpenAPIV31SpecValidator(document).iter_errors()]
        require_equal(faults, [], "faults of the description")
        require(len(document["paths"]) > 30, f"only {len(document['paths'])} paths are described")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint", required=True)
    extensions = Extensions(parser.parse_args())
    checks = Checks()
    checks.run("the configuration has what clients look for", extensions.configuration)
    checks.run("a classification names the best classes", extensions.classification)
    checks.run("statistics count rows and runs", extensions.statistics)
    checks.run("the repository lists the model and is not changed", extensions.repository)
    checks.run("the log's settings can be read", extensions.logging)
    checks.run("the description of the routes is valid", extensions.description)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
