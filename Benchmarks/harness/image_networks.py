"""Writes the networks that take pictures: `identity`, and `resnet50` with random weights, the same on every machine.

usage: python -m harness.image_networks DIRECTORY
"""

import os
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = ["N", 3, 224, 224]
# Blocks in each stage, and the width of a block's middle; a block's output is four times that.
STAGES = [(3, 64), (4, 128), (6, 256), (3, 512)]
CLASSES = 1000


def identity():
    """What comes in goes out: nothing but the server is measured."""
    return _model([helper.make_node("Identity", ["image"], ["copy"])], "copy", SHAPE, [])


def resnet50():
    """ResNet-50 (He et al. 2015, with the stride in the 3x3 convolution) as exporters write it: batch normalisation
    folded into the convolutions. Weights are He-random; the last convolution of a block is scaled down, so that the
    sum over the blocks neither vanishes nor explodes and classes differ between pictures."""
    builder = _Builder()
    x = builder.relu(builder.convolution("image", 3, 64, 7, stride=2))
    x = builder.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    width = 64
    for stage, (blocks, middle) in enumerate(STAGES):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            inner = builder.relu(builder.convolution(x, width, middle, 1))
            inner = builder.relu(builder.convolution(inner, middle, middle, 3, stride=stride))
            inner = builder.convolution(inner, middle, 4 * middle, 1, gain=0.25)
            if block == 0:
                x = builder.convolution(x, width, 4 * middle, 1, stride=stride, gain=0.7)
            width = 4 * middle
            x = builder.relu(builder.add("Add", [inner, x]))
    x = builder.add("GlobalAveragePool", [x])
    x = builder.add("Flatten", [x], axis=1)
    builder.dense(x, width, CLASSES)
    builder.nodes[-1].output[0] = "scores"
    return _model(builder.nodes, "scores", ["N", CLASSES], builder.weights)


class _Builder:
    """Appends nodes and their weights; every method returns the name of what it adds."""

    def __init__(self):
        self.nodes, self.weights = [], []
        self._random = np.random.default_rng(2026)

    def add(self, operator, inputs, **attributes):
        number = len(self.nodes)
        name = f"{operator.lower()}{number}"
        self.nodes.append(helper.make_node(operator, inputs, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    def relu(self, x):
        return self.add("Relu", [x])

    def convolution(self, x, channels, filters, size, stride=1, gain=1.0):
        kernel = self._weight([filters, channels, size, size], channels * size * size, gain)
        pads = [size // 2] * 4
        return self.add(
            "Conv", [x, kernel, self._bias(filters)], kernel_shape=[size, size], strides=[stride, stride], pads=pads)

    def dense(self, x, width, outputs):
        return self.add("Gemm", [x, self._weight([outputs, width], width, 1.0), self._bias(outputs)], transB=1)

    def _weight(self, shape, fan_in, gain):
        values = self._random.standard_normal(shape, dtype=np.float32) * np.float32(gain * (2 / fan_in) ** 0.5)
        return self._keep(values, "weight")

    def _bias(self, count):
        return self._keep(self._random.standard_normal(count, dtype=np.float32) * np.float32(0.05), "bias")

    def _keep(self, values, kind):
        name = f"{kind}{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name


def _model(nodes, output, shape, weights):
    graph = helper.make_graph(
        nodes, "network", [helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def main(directory):
    folder = pathlib.Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for make in (identity, resnet50):
        unfinished = folder / f"{make.__name__}.onnx.new"
        onnx.save(make(), unfinished)
        os.replace(unfinished, folder / f"{make.__name__}.onnx")


if __name__ == "__main__":
    main(*sys.argv[1:])
