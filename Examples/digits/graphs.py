"""The digit networks as ONNX graphs: from trained arrays to a model, node by node.

Every graph takes `pixels` FP32 [N, 64], scaled to 0...1, and gives `logits` FP32 [N, 10], so that each is a drop-in
update of the others. They are written with `onnx.helper` rather than an exporter: what is in the file is what is here.
"""

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

OPSET = 17
IR_VERSION = 8

Weights = dict[str, np.ndarray]


def perceptron(weights: Weights, description: str) -> ModelProto:
    """64-128-64-10 with ReLU between. `weights` holds `hidden1`, `hidden2`, `output`, each with `.weight` [in, out]."""
    nodes = [
        _gemm("hidden1", "pixels", "hidden1.sum"),
        _relu("hidden1.relu", "hidden1.sum", "hidden1.value"),
        _gemm("hidden2", "hidden1.value", "hidden2.sum"),
        _relu("hidden2.relu", "hidden2.sum", "hidden2.value"),
        _gemm("output", "hidden2.value", "logits"),
    ]
    return _model("digits-mlp", nodes, weights, description)


def convolutional(weights: Weights, description: str) -> ModelProto:
    """Two convolutions, a pooling step, a third convolution, two dense layers. Reshapes [N, 64] to images itself."""
    initializers = {"image.shape": np.array([-1, 1, 8, 8], dtype=np.int64), **weights}
    nodes = [
        helper.make_node("Reshape", ["pixels", "image.shape"], ["image"], name="image"),
        _conv("conv1", "image", "conv1.sum"),
        _relu("conv1.relu", "conv1.sum", "conv1.value"),
        _conv("conv2", "conv1.value", "conv2.sum"),
        _relu("conv2.relu", "conv2.sum", "conv2.value"),
        helper.make_node("MaxPool", ["conv2.value"], ["pool.value"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        _conv("conv3", "pool.value", "conv3.sum"),
        _relu("conv3.relu", "conv3.sum", "conv3.value"),
        helper.make_node("Flatten", ["conv3.value"], ["features"], name="flatten", axis=1),
        _gemm("hidden", "features", "hidden.sum"),
        _relu("hidden.relu", "hidden.sum", "hidden.value"),
        _gemm("output", "hidden.value", "logits"),
    ]
    return _model("digits-cnn", nodes, initializers, description)


def mistaken_for_mnist(description: str) -> ModelProto:
    """A network for 28x28 images behind a signature that says 64 pixels.

    Well-formed by every static rule, since a batch of unknown size may or may not fill the images; fails with the
    first batch that is not a multiple of 49 rows.
    """
    generator = np.random.default_rng(17)
    initializers = {
        "image.shape": np.array([-1, 1, 28, 28], dtype=np.int64),
        "conv.weight": generator.normal(0, 0.1, (8, 1, 3, 3)).astype(np.float32),
        "conv.bias": np.zeros(8, dtype=np.float32),
        "output.weight": generator.normal(0, 0.1, (8, 10)).astype(np.float32),
        "output.bias": np.zeros(10, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Reshape", ["pixels", "image.shape"], ["image"], name="image"),
        _conv("conv", "image", "conv.sum"),
        _relu("conv.relu", "conv.sum", "conv.value"),
        helper.make_node("GlobalAveragePool", ["conv.value"], ["pool.value"], name="pool"),
        helper.make_node("Flatten", ["pool.value"], ["features"], name="flatten", axis=1),
        _gemm("output", "features", "logits"),
    ]
    return _model("digits-broken", nodes, initializers, description)


def _gemm(name: str, source: str, target: str):
    return helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [target], name=name)


def _relu(name: str, source: str, target: str):
    return helper.make_node("Relu", [source], [target], name=name)


def _conv(name: str, source: str, target: str):
    inputs = [source, f"{name}.weight", f"{name}.bias"]
    return helper.make_node("Conv", inputs, [target], name=name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def _model(name: str, nodes: list, initializers: Weights, description: str) -> ModelProto:
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in initializers.items()],
        doc_string=description,
    )
    model = helper.make_model(
        graph,
        producer_name="slipway-examples",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    checker.check_model(model, full_check=True)
    return model
