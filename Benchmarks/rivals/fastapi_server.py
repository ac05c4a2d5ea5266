"""A model server as one writes it by hand: FastAPI, orjson, ONNX Runtime; no validation beyond what the libraries do.

Serves the network of the environment variable NETWORK twice, over the same protocol as Slipway: as `bare`, and as
`digits` with the scale before it and the softmax and argmax after it, which Slipway compiles into the graph.
"""

import os

import numpy as np
import onnxruntime
import orjson
from fastapi import FastAPI, Request, Response


def load(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


app = FastAPI(openapi_url=None)
session = load(os.environ["NETWORK"])
datatypes = {np.dtype(np.float32): "FP32", np.dtype(np.int64): "INT64"}


def predict(name, pixels):
    if name == "bare":
        return {"logits": session.run(["logits"], {"pixels": pixels})[0]}
    logits = session.run(["logits"], {"pixels": pixels * np.float32(0.0625)})[0]
    return {"logits": logits, "logits_softmax": softmax(logits), "logits_argmax": logits.argmax(axis=-1)}


def json_reply(name, outputs):
    head = {
        "model_name": name,
        "model_version": "1",
        "outputs": [
            {"name": key, "datatype": datatypes[value.dtype], "shape": value.shape, "data": value.ravel()}
            for key, value in outputs.items()
        ],
    }
    return Response(orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


def binary_reply(name, outputs):
    head = orjson.dumps({
        "model_name": name,
        "model_version": "1",
        "outputs": [
            {
                "name": key,
                "datatype": datatypes[value.dtype],
                "shape": value.shape,
                "parameters": {"binary_data_size": value.nbytes},
            }
            for key, value in outputs.items()
        ],
    })
    return Response(
        b"".join([head, *(value.tobytes() for value in outputs.values())]),
        media_type="application/octet-stream",
        headers={"inference-header-content-length": str(len(head))},
    )


@app.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request):
    body = await request.body()
    length = request.headers.get("inference-header-content-length")
    if length is None:
        tensor = orjson.loads(body)["inputs"][0]
        pixels = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
        return json_reply(name, predict(name, pixels))
    tensor = orjson.loads(body[: int(length)])["inputs"][0]
    pixels = np.frombuffer(body, dtype=np.float32, offset=int(length)).reshape(tensor["shape"])
    return binary_reply(name, predict(name, pixels))
