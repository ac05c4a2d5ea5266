"""Calls served models as clients of TensorFlow Serving do, over gRPC.

    python identity_model.py identity.onnx   # then import and deploy it as 'identity', and Examples/iris as 'iris'
    python tensorflow_grpc.py --url 127.0.0.1:8080 --endpoint digits --data Examples/digits/held-out.npz \
        --expected Examples/digits/expected.json

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import sys
from pathlib import Path

import grpc
import numpy as np

from checks import Checks, require, require_equal
from tensorflow_messages import CLASSES

# Type: code, field, values, the same as they lie in memory.
TYPES = {
    "FP32": (1, "float_val", [1.5, -2.0, float("inf")], np.float32),
    "FP64": (2, "double_val", [1.5, -2.0, 1e300], np.float64),
    "INT32": (3, "int_val", [-(2**31), 2**31 - 1, 7], np.int32),
    "UINT8": (4, "int_val", [0, 255, 7], np.uint8),
    "INT16": (5, "int_val", [-(2**15), 2**15 - 1, 7], np.int16),
    "INT8": (6, "int_val", [-128, 127, 7], np.int8),
    "INT64": (9, "int64_val", [-(2**63), 2**63 - 1, 7], np.int64),
    "BOOL": (10, "bool_val", [True, False, True], np.bool_),
    "BF16": (14, "half_val", [0x3F80, 0x8000, 0x7FC1], np.uint16),
    "UINT16": (17, "int_val", [0, 65535, 7], np.uint16),
    "FP16": (19, "half_val", [0x3C00, 0x8000, 0x7E01], np.uint16),
    "UINT32": (22, "uint32_val", [0, 2**32 - 1, 7], np.uint32),
    "UINT64": (23, "uint64_val", [0, 2**64 - 1, 7], np.uint64),
}


def tensor(code: int, shape: list[int], **values):
    message = CLASSES["TensorProto"](dtype=code, **values)
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


class Serving:
    """The endpoints under test."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.endpoint = arguments.endpoint
        data = np.load(arguments.data, allow_pickle=False)
        answers = np.load(arguments.expected.with_suffix(".npz"), allow_pickle=False)
        self.pixels, self.predictions = data["pixels"], answers["mlp.predictions"]
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.channel = grpc.insecure_channel(arguments.url, options=options)

    def call(self, method: str, request, reply: str, service: str = "PredictionService"):
        return self.channel.unary_unary(
            f"/tensorflow.serving.{service}/{method}", request_serializer=lambda each: each.SerializeToString(),
            response_deserializer=CLASSES[reply].FromString)(request, timeout=30)

    def spec(self, name: str, **fields):
        return CLASSES["ModelSpec"](name=name, **fields)

    def predict(self, name: str, inputs: dict, outputs=(), **spec):
        request = CLASSES["PredictRequest"](model_spec=self.spec(name, **spec), output_filter=outputs)
        for key, value in inputs.items():
            request.inputs[key].CopyFrom(value)
        return self.call("Predict", request, "PredictResponse")

    def digits(self, reply) -> list[int]:
        found = reply.outputs["logits"]
        require_equal([each.size for each in found.tensor_shape.dim][1], 10, "classes")
        return np.array(found.float_val).reshape(-1, 10).argmax(axis=1).tolist()

    def predictions_agree(self) -> None:
        shape = list(self.pixels.shape)
        content = tensor(1, shape, tensor_content=self.pixels.astype(np.float32).tobytes())
        typed = tensor(1, shape, float_val=self.pixels.flatten().tolist())
        for form in (content, typed):
            reply = self.predict(self.endpoint, {"pixels": form}, ["logits"])
            require_equal(self.digits(reply), self.predictions.tolist(), "digits")
            require_equal(list(reply.outputs), ["logits"], "outputs")
            require_equal((reply.model_spec.name, reply.model_spec.version.value), (self.endpoint, 1), "who answered")

    def every_type(self) -> None:
        for form in ("content", "typed"):
            inputs = {}
            for name, (code, field, values, memory) in TYPES.items():
                content = {"tensor_content": np.array(values, memory).tobytes()} if form == "content" else {field: values}
                inputs[f"in_{name.lower()}"] = tensor(code, [3], **content)
            inputs["in_bytes"] = tensor(7, [3], string_val=[b"", b"a\x00\xff", "zürich".encode()])
            reply = self.predict("identity", inputs)
            for name, (code, field, values, _) in TYPES.items():
                output = next(reply.outputs[key] for key in reply.outputs if reply.outputs[key].dtype == code)
                require_equal(list(getattr(output, field)), values, f"{name} as {form}")
            strings = next(reply.outputs[key] for key in reply.outputs if reply.outputs[key].dtype == 7)
            require_equal(list(strings.string_val), [b"", b"a\x00\xff", "zürich".encode()], "strings")

    def repeated_values(self) -> None:
        one = self.predict(self.endpoint, {"pixels": tensor(1, [2, 64], float_val=[0.5])}, ["logits"])
        all_of_them = self.predict(self.endpoint, {"pixels": tensor(1, [2, 64], float_val=[0.5] * 128)}, ["logits"])
        require_equal(one.outputs["logits"], all_of_them.outputs["logits"], "a value that stands for all")

    def examples(self, rows, shared=None):
        request = CLASSES["ClassificationRequest"](model_spec=self.spec("iris"))
        target = request.input.example_list_with_context if shared else request.input.example_list
        for row in rows:
            example = target.examples.add()
            for name, values in row.items():
                example.features.feature[name].float_list.value.extend(values)
        if shared:
            for name, values in shared.items():
                target.context.features.feature[name].float_list.value.extend(values)
        return request

    def classification(self) -> None:
        rows = [{"measurements": [4.8, 3.0, 1.4, 0.3]}, {"measurements": [6.7, 3.1, 5.6, 2.4]}]
        for request in (self.examples(rows), self.examples([rows[0], {}], shared=rows[1])):
            reply = self.call("Classify", request, "ClassificationResponse")
            best = [max(each.classes, key=lambda one: one.score).label for each in reply.result.classifications]
            require_equal([len(each.classes) for each in reply.result.classifications], [3, 3], "classes")
            # The example is imported without names for its classes.
            require_equal(best, ["0", "2"], "species, by number")

    def regression(self) -> None:
        self.refused("Regress", self.examples([{"measurements": [1, 2, 3, 4]}]), "RegressionResponse",
                     grpc.StatusCode.UNIMPLEMENTED, "one number a row")

    def metadata(self) -> None:
        request = CLASSES["GetModelMetadataRequest"](model_spec=self.spec(self.endpoint), metadata_field=["signature_def"])
        reply = self.call("GetModelMetadata", request, "GetModelMetadataResponse")
        packed = reply.metadata["signature_def"]
        require_equal(packed.type_url.rsplit("/")[-1], "tensorflow.serving.SignatureDefMap", "type")
        signature = CLASSES["SignatureDefMap"].FromString(packed.value).signature_def["serving_default"]
        pixels = signature.inputs["pixels"]
        require_equal((pixels.dtype, [each.size for each in pixels.tensor_shape.dim]), (1, [-1, 64]), "input")
        require_equal(signature.method_name, "tensorflow/serving/predict", "method")

    def status(self) -> None:
        request = CLASSES["GetModelStatusRequest"](model_spec=self.spec(self.endpoint))
        reply = self.call("GetModelStatus", request, "GetModelStatusResponse", "ModelService")
        require_equal([(each.version, each.state) for each in reply.model_version_status], [(1, 30)], "versions")

    def refused(self, method, request, reply, code, *words) -> None:
        try:
            self.call(method, request, reply)
        except grpc.RpcError as error:
            require_equal(error.code(), code, f"status of “{error.details()}”")
            for word in words:
                require(word in error.details(), f"the message does not name “{word}”: {error.details()}")
            return
        require(False, f"{method} is answered")

    def refusals(self) -> None:
        good = tensor(1, [1, 64], float_val=[1.0])
        cases = [
            ("none", {"pixels": good}, {}, grpc.StatusCode.NOT_FOUND, "none"),
            (self.endpoint, {"pixels": good}, {"signature_name": "other"}, grpc.StatusCode.INVALID_ARGUMENT, "other"),
            (self.endpoint, {"pixels": good}, {"version_label": "gone"}, grpc.StatusCode.NOT_FOUND, "gone"),
            (self.endpoint, {"pixels": tensor(1, [1, 63])}, {}, grpc.StatusCode.INVALID_ARGUMENT, "pixels"),
            (self.endpoint, {"pixels": tensor(1, [1, 64], float_val=[1.0] * 65)}, {},
             grpc.StatusCode.INVALID_ARGUMENT, "64"),
            (self.endpoint, {"pixels": tensor(1, [1, 64], tensor_content=b"123")}, {},
             grpc.StatusCode.INVALID_ARGUMENT, "256"),
            (self.endpoint, {"pixels": tensor(1, [1 << 40, 64], float_val=[1.0])}, {},
             grpc.StatusCode.INVALID_ARGUMENT, "more elements"),
            (self.endpoint, {"pixels": tensor(8, [1, 64])}, {}, grpc.StatusCode.INVALID_ARGUMENT, "dtype"),
            (self.endpoint, {}, {}, grpc.StatusCode.INVALID_ARGUMENT, "pixels"),
        ]
        for name, inputs, spec, code, word in cases:
            request = CLASSES["PredictRequest"](model_spec=self.spec(name, **spec))
            for key, value in inputs.items():
                request.inputs[key].CopyFrom(value)
            self.refused("Predict", request, "PredictResponse", code, word)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--expected", type=Path, required=True)
    serving = Serving(parser.parse_args())
    checks = Checks()
    checks.run("Predict agrees with Python, in both forms", serving.predictions_agree)
    checks.run("every type in both forms, bit for bit", serving.every_type)
    checks.run("a value that stands for all", serving.repeated_values)
    checks.run("Classify, with and without a context", serving.classification)
    checks.run("Regress is refused where there is no such output", serving.regression)
    checks.run("GetModelMetadata", serving.metadata)
    checks.run("GetModelStatus", serving.status)
    checks.run("refusals", serving.refusals)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
