"""Sends sequences to the served running mean with unmodified Triton clients: HTTP, gRPC and the gRPC stream.

    python sequences.py --url 127.0.0.1:8080 --endpoint mean

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import queue
import random
import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http

from checks import Checks, CheckFailed, require, require_equal
from tritonclient.utils import InferenceServerException


class Sequences:
    """The endpoint under test."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.endpoint = arguments.endpoint
        self.url = arguments.url
        self.clients = {"http": (http, http.InferenceServerClient(arguments.url, network_timeout=30.0)),
                        "grpc": (grpc, grpc.InferenceServerClient(arguments.url))}

    def tensor(self, module, value: float):
        tensor = module.InferInput("x", [1, 1], "FP32")
        tensor.set_data_from_numpy(np.array([[value]], dtype=np.float32))
        return tensor

    def step(self, kind: str, value: float, **parameters) -> float:
        module, client = self.clients[kind]
        return float(client.infer(self.endpoint, [self.tensor(module, value)], **parameters).as_numpy("mean")[0, 0])

    def one(self, kind: str, number) -> None:
        found = [self.step(kind, value, sequence_id=number, sequence_start=place == 0, sequence_end=place == 2)
                 for place, value in enumerate([4, 8, 0])]
        require_equal(found, [4.0, 6.0, 4.0], "means")

    def interleaved(self, kind: str) -> None:
        """Twenty sequences in any order, each compared with numpy alone."""
        generator = random.Random(7)
        values = [[generator.randrange(1000) for _ in range(generator.randrange(1, 12))] for _ in range(20)]
        done = [0] * len(values)
        while any(place < len(row) for place, row in zip(done, values)):
            which = generator.choice([index for index, row in enumerate(values) if done[index] < len(row)])
            place, row = done[which], values[which]
            done[which] += 1
            found = self.step(kind, row[place], sequence_id=f"{kind}-{which}" if which % 2 else 100 + which,
                              sequence_start=place == 0, sequence_end=place == len(row) - 1)
            total = np.float32(0)
            for value in row[: place + 1]:
                total += np.float32(value)
            require_equal(found, float(total / np.float32(place + 1)), f"mean of sequence {which}")

    def stream(self) -> None:
        """Three sequences on one stream; the steps of each are answered in order."""
        answers: queue.Queue = queue.Queue()
        client = grpc.InferenceServerClient(self.url)
        client.start_stream(callback=lambda result, error: answers.put((result, error)))
        expected = {}
        for place, value in enumerate([2, 4, 9]):
            for number in (11, 12, 13):
                request_id = f"{number}-{place}"
                expected[request_id] = [number * 1.0 + 2, number + 3.0, number + 5.0][place]
                client.async_stream_infer(
                    self.endpoint, [self.tensor(grpc, value + number)], request_id=request_id, sequence_id=number,
                    sequence_start=place == 0, sequence_end=place == 2)
        found = {}
        for _ in expected:
            result, error = answers.get(timeout=30)
            if error is not None:
                raise CheckFailed(str(error))
            found[result.get_response().id] = float(result.as_numpy("mean")[0, 0])
        client.stop_stream()
        require_equal(found, expected, "means by request")

    def refused(self, kind: str, words: str, **parameters) -> None:
        try:
            self.step(kind, 1, **parameters)
        except InferenceServerException as error:
            require(words in (error.message() or ""), f"the message does not say “{words}”: {error.message()}")
        else:
            raise CheckFailed("answered instead of failing")

    def hidden(self, kind: str) -> None:
        _, client = self.clients[kind]
        if kind == "http":
            metadata, config = client.get_model_metadata(self.endpoint), client.get_model_config(self.endpoint)
            names = [tensor["name"] for tensor in metadata["inputs"] + metadata["outputs"]]
            require("sequence_batching" in config, f"the configuration says nothing of sequences: {config}")
        else:
            metadata = client.get_model_metadata(self.endpoint)
            names = [tensor.name for tensor in [*metadata.inputs, *metadata.outputs]]
            config = client.get_model_config(self.endpoint).config
            require(config.HasField("sequence_batching"), "the configuration says nothing of sequences")
        require_equal(names, ["x", "mean"], "what clients see")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint", required=True)
    sequences, checks = Sequences(parser.parse_args()), Checks()
    for kind in ("http", "grpc"):
        checks.run(f"{kind}: a number is a sequence", lambda: sequences.one(kind, 7))
        checks.run(f"{kind}: text is a sequence", lambda: sequences.one(kind, "seven"))
        checks.run(f"{kind}: the largest number is one", lambda: sequences.one(kind, 2**63 - 1))
        checks.run(f"{kind}: interleaved sequences are each what they are alone", lambda: sequences.interleaved(kind))
        checks.run(f"{kind}: what has not begun is refused", lambda: sequences.refused(
            kind, f"inference request for sequence 9 to model '{sequences.endpoint}' must specify the START flag",
            sequence_id=9))
        checks.run(f"{kind}: a request without a sequence is refused", lambda: sequences.refused(
            kind, "must specify a non-zero or non-empty correlation ID"))
        checks.run(f"{kind}: state is hidden", lambda: sequences.hidden(kind))
    checks.run("stream: sequences are answered in order", sequences.stream)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
