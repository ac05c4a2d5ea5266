"""Calls a served digit classifier and an identity model with unmodified `tritonclient.grpc` and `grpcio`.

    python identity_model.py identity.onnx   # then import and deploy it as 'identity'
    python oip_grpc.py --url 127.0.0.1:8080 --endpoint digits --identity identity --model mlp \
        --data Examples/digits/held-out.npz --expected Examples/digits/expected.json

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import asyncio
import json
import queue
import sys
import threading
from pathlib import Path

import grpc
import ml_dtypes
import numpy as np
import tritonclient.grpc as client
import tritonclient.grpc.aio as aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

from checks import Checks, require, require_equal, require_refusal
from identity_model import TYPES

ABSENT = "no-such-thing"
STRINGS = np.array([b"", b"a\x00\xff", "zürich".encode()], dtype=np.object_)
INTEGERS = {
    name: np.dtype(name.lower()) for name in TYPES if name.startswith(("INT", "UINT"))}


def values(datatype: str) -> np.ndarray:
    """Elements with every kind of bit pattern that a type has."""
    if datatype == "BYTES":
        return STRINGS
    if datatype == "BOOL":
        return np.array([True, False, True])
    if datatype in INTEGERS:
        limits = np.iinfo(INTEGERS[datatype])
        return np.array([limits.min, limits.max, 1], dtype=limits.dtype)
    if datatype == "BF16":
        return np.array([0x7FC1, 0x8000, 0x3F80], dtype=np.uint16).view(ml_dtypes.bfloat16)
    patterns = {
        "FP16": np.array([0x7E01, 0x8000, 1], dtype=np.uint16).view(np.float16),
        "FP32": np.array([0x7FC00001, 0x80000000, 1], dtype=np.uint32).view(np.float32),
        "FP64": np.array([0x7FF8000000000001, 1 << 63, 1], dtype=np.uint64).view(np.float64),
    }
    return patterns[datatype]


def raw_bytes(array: np.ndarray, datatype: str) -> bytes:
    if datatype == "BYTES":
        return b"".join(len(each).to_bytes(4, "little") + each for each in array)
    return array.tobytes()


class Server:
    """The endpoints under test, and the answers that Python computed for the digits."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.url = arguments.url
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.channel = grpc.insecure_channel(arguments.url, options=options)
        self.stub = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)
        self.server = client.InferenceServerClient(arguments.url)
        self.endpoint, self.identity = arguments.endpoint, arguments.identity
        data = np.load(arguments.data, allow_pickle=False)
        self.pixels, self.labels = data["pixels"], data["labels"]
        self.summary = json.loads(arguments.expected.read_text())["models"][arguments.model]
        answers = np.load(arguments.expected.with_suffix(".npz"), allow_pickle=False)
        self.predictions = answers[f"{arguments.model}.predictions"]
        self.output = None

    def tensor(self, pixels):
        tensor = client.InferInput("pixels", list(pixels.shape), "FP32")
        tensor.set_data_from_numpy(pixels)
        return tensor

    def infer(self, pixels, **options):
        return self.server.infer(options.pop("endpoint", self.endpoint), [self.tensor(pixels)], **options)

    def predicted(self, result) -> list[int]:
        return result.as_numpy(self.output).argmax(axis=1).tolist()

    # Health and metadata

    def health(self) -> None:
        require(self.server.is_server_live() and self.server.is_server_ready(), "not live, or not ready")
        require(self.server.is_model_ready(self.endpoint), f"{self.endpoint} is not ready")
        require(not self.server.is_model_ready(ABSENT), f"{ABSENT} is ready")

    def metadata(self) -> None:
        require(self.server.get_server_metadata().name, "no name")
        metadata = self.server.get_model_metadata(self.endpoint)
        require_equal([(each.name, each.datatype, list(each.shape)) for each in metadata.inputs],
                      [("pixels", "FP32", [-1, 64])], "inputs")
        self.output = next(each.name for each in metadata.outputs if list(each.shape) == [-1, 10])
        require(metadata.versions and metadata.platform, f"no versions or no platform: {metadata}")

    def configuration(self) -> None:
        config = self.server.get_model_config(self.endpoint, as_json=True)["config"]
        require_equal(config["name"], self.endpoint, "name")
        require_equal(config["input"][0]["data_type"], "TYPE_FP32", "data_type")
        require_equal(config["input"][0]["dims"], ["64"], "dims")
        require(config["max_batch_size"] > 0, f"max_batch_size: {config}")

    def repository(self) -> None:
        models = self.server.get_model_repository_index().models
        require({self.endpoint, self.identity} <= {each.name for each in models}, f"index: {models}")
        require(all(each.state == "READY" for each in models), f"index: {models}")

    def statistics(self) -> None:
        before = self.server.get_inference_statistics(self.endpoint).model_stats[0].inference_stats.success.count
        self.infer(self.pixels[:1])
        after = self.server.get_inference_statistics(self.endpoint).model_stats[0].inference_stats.success.count
        require_equal(after, before + 1, "successes")

    def standard_health(self) -> None:
        stub = health_pb2_grpc.HealthStub(self.channel)
        for service in ("", "inference.GRPCInferenceService", self.endpoint):
            status = stub.Check(health_pb2.HealthCheckRequest(service=service)).status
            require_equal(status, health_pb2.HealthCheckResponse.SERVING, f"status of {service!r}")
        try:
            stub.Check(health_pb2.HealthCheckRequest(service=ABSENT))
            require(False, "an unknown service has a status")
        except grpc.RpcError as error:
            require_equal(error.code(), grpc.StatusCode.NOT_FOUND, "code")

    def health_watch(self) -> None:
        stub = health_pb2_grpc.HealthStub(self.channel)
        watched = stub.Watch(health_pb2.HealthCheckRequest(service=""))
        require_equal(next(watched).status, health_pb2.HealthCheckResponse.SERVING, "first status")
        watched.cancel()

    # Inference

    def binary_tensors(self) -> None:
        result = self.infer(self.pixels[:3], request_id="request-17")
        require_equal(self.predicted(result), self.predictions[:3].tolist(), "digits")
        require_equal(result.get_response().id, "request-17", "id")

    def accuracy(self) -> None:
        found = np.array(self.predicted(self.infer(self.pixels)))
        require_equal(int((found == self.labels).sum()) / len(self.labels), self.summary["accuracy"], "accuracy")
        require_equal(int((found != self.predictions).sum()), 0, "predictions that differ from Python's")

    def compression(self) -> None:
        for algorithm in ("gzip", "deflate"):
            result = self.infer(self.pixels, compression_algorithm=algorithm)
            require_equal(self.predicted(result), self.predictions.tolist(), f"digits with {algorithm}")

    def every_type(self) -> None:
        inputs = []
        for datatype in TYPES:
            tensor = client.InferInput(f"in_{datatype.lower()}", [3], datatype)
            array = values(datatype)
            tensor._raw_content = raw_bytes(array, datatype)
            inputs.append(tensor)
        response = self.server.infer(self.identity, inputs).get_response()
        for output, raw in zip(response.outputs, response.raw_output_contents, strict=True):
            require_equal(raw.hex(), raw_bytes(values(output.datatype), output.datatype).hex(), output.datatype)

    def every_typed_content(self) -> None:
        fields = {
            "BOOL": "bool_contents", "INT64": "int64_contents", "UINT64": "uint64_contents", "FP32": "fp32_contents",
            "FP64": "fp64_contents", "BYTES": "bytes_contents"}
        fields |= {name: "int_contents" for name in ("INT8", "INT16", "INT32")}
        fields |= {name: "uint_contents" for name in ("UINT8", "UINT16", "UINT32")}
        # Types without a field of their own keep a whole request from being typed.
        request = service_pb2.ModelInferRequest(model_name=self.identity)
        for datatype in TYPES:
            tensor = request.inputs.add(name=f"in_{datatype.lower()}", datatype=datatype)
            if datatype in fields:
                tensor.shape.append(3)
                getattr(tensor.contents, fields[datatype]).extend(values(datatype).tolist())
            else:
                tensor.shape.append(0)
        try:
            self.stub.ModelInfer(request)
            require(False, "FP16 had typed contents")
        except grpc.RpcError as error:
            require_equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT, "code")
            require("FP16" in error.details(), error.details())

    def typed_digits(self) -> None:
        request = service_pb2.ModelInferRequest(model_name=self.endpoint)
        tensor = request.inputs.add(name="pixels", datatype="FP32", shape=[2, 64])
        tensor.contents.fp32_contents.extend(self.pixels[:2].flatten().tolist())
        response = self.stub.ModelInfer(request)
        index = [each.name for each in response.outputs].index(self.output)
        typed = np.array(response.outputs[index].contents.fp32_contents, dtype=np.float32).reshape(2, 10)
        raw = np.frombuffer(response.raw_output_contents[index], dtype=np.float32).reshape(2, 10)
        require_equal(typed.argmax(axis=1).tolist(), self.predictions[:2].tolist(), "digits")
        require(np.array_equal(typed, raw), "typed and binary outputs differ")

    def echo(self, array, **options):
        """`array`, from the identity model's FP32 output."""
        inputs = []
        for datatype in TYPES:
            tensor = client.InferInput(f"in_{datatype.lower()}", [0], datatype)
            tensor._raw_content = b""
            inputs.append(tensor)
        at = list(TYPES).index("FP32")
        inputs[at] = client.InferInput("in_fp32", [len(array)], "FP32")
        inputs[at].set_data_from_numpy(array)
        outputs = [client.InferRequestedOutput("out_fp32")]
        return self.server.infer(self.identity, inputs, outputs=outputs, **options).as_numpy("out_fp32")

    def large_messages(self) -> None:
        array = np.arange(5_000_000, dtype=np.float32)
        require(np.array_equal(self.echo(array), array), "20 MB came back otherwise")

    def concurrent_calls(self) -> None:
        pending = [self.stub.ModelInfer.future(self.request(row)) for row in self.pixels[:64]]
        found = []
        for each in pending:
            response = each.result(timeout=30)
            index = [output.name for output in response.outputs].index(self.output)
            found.append(int(np.frombuffer(response.raw_output_contents[index], dtype=np.float32).argmax()))
        require_equal(found, self.predictions[:64].tolist(), "digits")

    def request(self, row):
        request = service_pb2.ModelInferRequest(model_name=self.endpoint)
        request.inputs.add(name="pixels", datatype="FP32", shape=[1, 64])
        request.raw_input_contents.append(row.tobytes())
        return request

    def deadline(self) -> None:
        # More bytes than pass in the time.
        array = np.arange(5_000_000, dtype=np.float32)
        require_refusal(lambda: self.echo(array, client_timeout=0.002), "StatusCode.DEADLINE_EXCEEDED")
        self.binary_tensors()

    def cancellation(self) -> None:
        done = threading.Event()
        call = self.server.async_infer(
            self.endpoint, [self.tensor(self.pixels)], callback=lambda result, error: done.set())
        call.cancel()
        require(done.wait(30), "a cancelled call never ended")
        self.binary_tensors()

    # Streams

    def streaming(self) -> None:
        answers: queue.Queue = queue.Queue()
        with client.InferenceServerClient(self.url) as streaming:
            streaming.start_stream(callback=lambda result, error: answers.put((result, error)))
            for index, row in enumerate(self.pixels[:32]):
                streaming.async_stream_infer(
                    self.endpoint, [self.tensor(row.reshape(1, 64))], request_id=str(index),
                    enable_empty_final_response=True)
            found = [answers.get(timeout=30) for _ in range(32)]
            require(all(error is None for _, error in found), f"errors: {[error for _, error in found if error]}")
            responses = [result.get_response() for result, _ in found]
            require_equal([each.id for each in responses], [str(index) for index in range(32)], "order")
            require(all(each.parameters["triton_final_response"].bool_param for each in responses), "not final")
            found = [self.predicted(result)[0] for result, _ in found]
            require_equal(found, self.predictions[:32].tolist(), "digits")
            streaming.async_stream_infer(ABSENT, [self.tensor(self.pixels[:1])])
            _, error = answers.get(timeout=30)
            require(error is not None and ABSENT in error.message(), f"error within the stream: {error}")
            streaming.async_stream_infer(self.endpoint, [self.tensor(self.pixels[:1])])
            result, error = answers.get(timeout=30)
            require(error is None, f"the stream ended with an error: {error}")
            require_equal(self.predicted(result), self.predictions[:1].tolist(), "digit after an error")

    def asynchronous(self) -> None:
        asyncio.run(self._asynchronous())

    async def _asynchronous(self) -> None:
        async with aio.InferenceServerClient(self.url) as server:
            require(await server.is_server_ready(), "not ready")
            calls = [server.infer(self.endpoint, [self.tensor(row.reshape(1, 64))]) for row in self.pixels[:64]]
            found = [self.predicted(result)[0] for result in await asyncio.gather(*calls)]
            require_equal(found, self.predictions[:64].tolist(), "digits")

            async def requests():
                for index, row in enumerate(self.pixels[:8]):
                    yield {
                        "model_name": self.endpoint, "inputs": [self.tensor(row.reshape(1, 64))],
                        "request_id": str(index)}

            found = []
            async for result, error in server.stream_infer(requests()):
                require(error is None, f"{error}")
                found.append(self.predicted(result)[0])
            require_equal(found, self.predictions[:8].tolist(), "streamed digits")

    # Refusals

    def refusals(self) -> None:
        one = self.pixels[:1]
        require_refusal(lambda: self.infer(one, endpoint=ABSENT), "StatusCode.NOT_FOUND", ABSENT)
        require_refusal(lambda: self.infer(one, model_version="987654"), "StatusCode.NOT_FOUND", "987654")
        require_refusal(lambda: self.infer(one[:, :63]), "StatusCode.INVALID_ARGUMENT", "pixels", "64", "63")
        require_refusal(
            lambda: self.infer(one, outputs=[client.InferRequestedOutput(ABSENT)]), "StatusCode.INVALID_ARGUMENT",
            ABSENT)
        require_refusal(lambda: self.server.load_model(self.endpoint), "StatusCode.UNIMPLEMENTED", "slipway deploy")
        require_refusal(
            lambda: self.server.register_system_shared_memory("a", "/a", 1), "StatusCode.UNIMPLEMENTED", "shared")

    def checks(self):
        yield "health", self.health
        yield "metadata", self.metadata
        yield "configuration", self.configuration
        yield "repository index", self.repository
        yield "statistics", self.statistics
        yield "grpc.health.v1 Check", self.standard_health
        yield "grpc.health.v1 Watch", self.health_watch
        yield "binary tensors", self.binary_tensors
        yield "accuracy over all held-out images", self.accuracy
        yield "packed messages", self.compression
        yield "every datatype in binary form, bit for bit", self.every_type
        yield "types without typed contents are refused", self.every_typed_content
        yield "typed contents are answered in both forms", self.typed_digits
        yield "messages of 20 MB both ways", self.large_messages
        yield "64 calls at a time", self.concurrent_calls
        yield "a deadline that passes", self.deadline
        yield "a call that is cancelled", self.cancellation
        yield "a stream", self.streaming
        yield "the asyncio client", self.asynchronous
        yield "refusals", self.refusals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="host:port of the data plane")
    parser.add_argument("--endpoint", default="digits")
    parser.add_argument("--identity", default="identity")
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument("--data", type=Path, required=True, help="held-out.npz")
    parser.add_argument("--expected", type=Path, required=True, help="expected.json, expected.npz beside it")
    server = Server(parser.parse_args())
    checks = Checks()
    for name, check in server.checks():
        checks.run(name, check)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
