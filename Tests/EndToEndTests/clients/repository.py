"""Loads and unloads a model with unmodified `tritonclient`, over HTTP and gRPC.

    slipway serve --model-control explicit --server-name triton
    python repository.py --url 127.0.0.1:8080 --model digits

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import sys

import numpy as np
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client

from checks import Checks, require, require_equal, require_refusal

PIXELS = np.linspace(0, 16, 64, dtype=np.float32).reshape(1, 64)


class Repository:
    """One protocol's client and its words for the same things."""

    def __init__(self, module, url: str, model: str, status: dict[str, str]) -> None:
        self.module, self.model, self.status = module, model, status
        self.server = module.InferenceServerClient(url)

    def states(self) -> dict[str, tuple[str, str]]:
        index = self.server.get_model_repository_index()
        rows = index if isinstance(index, list) else [
            {"name": each.name, "version": each.version, "state": each.state} for each in index.models]
        return {row["name"]: (row.get("version", ""), row["state"]) for row in rows}

    def answers(self) -> bool:
        tensor = self.module.InferInput("pixels", [1, 64], "FP32")
        tensor.set_data_from_numpy(PIXELS)
        return self.server.infer(self.model, [tensor]).as_numpy("logits").shape == (1, 10)

    def comes_and_goes(self) -> None:
        require_equal(self.states()[self.model], ("", "UNAVAILABLE"), "before")
        require(not self.server.is_model_ready(self.model), "ready before it is loaded")
        self.server.load_model(self.model)
        require_equal(self.states()[self.model], ("2", "READY"), "loaded")
        require(self.server.is_model_ready(self.model) and self.answers(), "loaded, but not ready")
        self.server.load_model(self.model)
        require(self.answers(), "loaded again, but not ready")
        self.server.unload_model(self.model)
        require(not self.server.is_model_ready(self.model), "ready after it is unloaded")
        require_equal(self.states()[self.model], ("", "UNAVAILABLE"), "unloaded")

    def is_called_what_it_was_told(self) -> None:
        metadata = self.server.get_server_metadata()
        require_equal(metadata["name"] if isinstance(metadata, dict) else metadata.name, "triton", "server's name")

    def refusals(self) -> None:
        require_refusal(lambda: self.server.load_model("no-such-model"), self.status["unknown"], "no-such-model")
        require_refusal(lambda: self.server.unload_model(self.model), self.status["unknown"], self.model)
        require_refusal(
            lambda: self.server.load_model(self.model, config='{"backend": "tensorrt"}'), self.status["refused"],
            "'backend'")
        require_refusal(
            lambda: self.server.load_model(self.model, config="{}", files={"file:1/model.onnx": b"x" * 1000000}),
            self.status["failed"], "slipway import")

    def takes_a_configuration(self) -> None:
        self.server.load_model(self.model, config='{"max_batch_size": "16"}')
        found = self.server.get_model_config(self.model)
        rows = found["max_batch_size"] if isinstance(found, dict) else found.config.max_batch_size
        require_equal(rows, 16, "max_batch_size")
        require(self.answers(), "not ready with another configuration")
        self.server.load_model(self.model, config='{"max_batch_size": "8"}')
        self.server.unload_model(self.model)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    arguments = parser.parse_args()
    checks = Checks()
    for name, module, status in [
            ("HTTP", http_client, {"unknown": "404", "refused": "409", "failed": "500"}),
            ("gRPC", grpc_client, {
                "unknown": "StatusCode.NOT_FOUND", "refused": "StatusCode.ABORTED", "failed": "StatusCode.INTERNAL"})]:
        repository = Repository(module, arguments.url, arguments.model, status)
        checks.run(f"a model comes and goes over {name}", repository.comes_and_goes)
        checks.run(f"refusals over {name}", repository.refusals)
        checks.run(f"a configuration at load over {name}", repository.takes_a_configuration)
        checks.run(f"the server's name over {name}", repository.is_called_what_it_was_told)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
