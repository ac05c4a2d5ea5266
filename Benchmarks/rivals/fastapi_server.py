"""A model server as one writes it by hand: FastAPI, orjson, ONNX Runtime; no validation beyond what the libraries do.

Speaks Slipway's protocol, with tensors as JSON or as bytes after it.
"""

import numpy as np
import orjson
from fastapi import FastAPI, Request, Response

from rivals.network import Network

app = FastAPI(openapi_url=None)
network = Network()
datatypes = {np.dtype(np.float32): "FP32", np.dtype(np.int64): "INT64"}


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
        values = np.array(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
        return json_reply(name, network.predict(name, values))
    tensor = orjson.loads(body[: int(length)])["inputs"][0]
    values = np.frombuffer(body, dtype=np.float32, offset=int(length)).reshape(tensor["shape"])
    return binary_reply(name, network.predict(name, values))
