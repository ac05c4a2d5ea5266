"""Writes an ONNX file of about 100 MB: a tower of dense layers with random weights, the same on every machine.

usage: python -m harness.large_model FILE
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, WIDTH = 25, 1024


def main(path):
    generator = np.random.default_rng(2026)
    nodes, weights = [], []
    for layer in range(LAYERS):
        kernel = generator.standard_normal((WIDTH, WIDTH), dtype=np.float32) / np.float32(WIDTH**0.5)
        weights.append(numpy_helper.from_array(kernel, f"layer{layer}.weight"))
        weights.append(numpy_helper.from_array(np.zeros(WIDTH, dtype=np.float32), f"layer{layer}.bias"))
        inputs = [f"x{layer}", f"layer{layer}.weight", f"layer{layer}.bias"]
        nodes.append(helper.make_node("Gemm", inputs, [f"y{layer}"], name=f"layer{layer}"))
        nodes.append(helper.make_node("Relu", [f"y{layer}"], [f"x{layer + 1}"], name=f"relu{layer}"))
    graph = helper.make_graph(
        nodes, "tower", [helper.make_tensor_value_info("x0", TensorProto.FLOAT, ["N", WIDTH])],
        [helper.make_tensor_value_info(f"x{LAYERS}", TensorProto.FLOAT, ["N", WIDTH])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    unfinished = f"{path}.new"
    onnx.save(model, unfinished)
    os.replace(unfinished, path)


if __name__ == "__main__":
    main(sys.argv[1])
