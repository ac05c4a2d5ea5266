"""Makes the hostile network in this folder: trained on handwritten digits, its channels then spread apart.

Run by hand, seldom; the results are committed:

    python3 -m venv /tmp/depthwise && /tmp/depthwise/bin/pip install torch==2.15.0 scikit-learn onnx onnxruntime
    /tmp/depthwise/bin/python generate.py

Between two layers each channel is multiplied with exp(N(0, 1)) and divided by it again behind the Relu: the function stays,
and rounding weights with one scale for all channels destroys it. Depthwise layers, whose channels do not mix, suffer most.
"""

import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

FOLDER = pathlib.Path(__file__).parent
# Channels in, channels out, and whether each channel is convolved by itself; a pool halves the picture before the fourth.
LAYERS = [(1, 24, False), (24, 24, True), (24, 48, False), (48, 48, True), (48, 96, False), (96, 96, True), (96, 96, False)]
POOLED = 3


def network():
    parts = []
    for number, (inputs, outputs, depthwise) in enumerate(LAYERS):
        size = 1 if not depthwise and number else 3
        if number == POOLED:
            parts.append(nn.MaxPool2d(2))
        groups = inputs if depthwise else 1
        parts += [nn.Conv2d(inputs, outputs, size, padding=size // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(LAYERS[-1][1], 10))


def trained(images, labels, epochs=12):
    torch.manual_seed(3)
    torch.set_num_threads(1)
    model = network()
    inputs, targets = torch.from_numpy(images).reshape(-1, 1, 8, 8), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for _ in range(epochs):
        for chosen in torch.randperm(len(inputs)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen]).backward()
            optimizer.step()
    return model.eval()


def folded(model):
    """Weights and bias of each layer, normalisations inside, the dense layer last."""
    layers, parts = [], list(model)
    for part, after in zip(parts, parts[1:] + [None]):
        if isinstance(part, nn.Conv2d):
            factor = after.weight / torch.sqrt(after.running_var + after.eps)
            layers.append((part.weight * factor[:, None, None, None], after.bias - after.running_mean * factor))
        elif isinstance(part, nn.Linear):
            layers.append((part.weight, part.bias))
    return [tuple(value.detach().numpy().copy() for value in layer) for layer in layers]


def spread(layers, random):
    for (weights, bias), (following, _), kind in zip(layers, layers[1:], LAYERS[1:] + [(96, 10, False)]):
        factor = np.exp(random.standard_normal(len(bias))).astype(np.float32)
        weights *= factor.reshape(-1, *[1] * (weights.ndim - 1))
        bias *= factor
        if kind[2]:
            following /= factor.reshape(-1, 1, 1, 1)
        else:
            following /= factor.reshape(1, -1, *[1] * (following.ndim - 2))


def written(layers):
    nodes, constants, value = [], [], "image"
    for number, (weights, bias) in enumerate(layers):
        names = [f"weights{number}", f"bias{number}"]
        constants += [numpy_helper.from_array(array, name) for array, name in zip((weights, bias), names)]
        if number == POOLED:
            nodes.append(helper.make_node("MaxPool", [value], ["pooled"], name="pool", kernel_shape=[2, 2], strides=[2, 2]))
            value = "pooled"
        if number == len(LAYERS):
            nodes.append(helper.make_node("GlobalAveragePool", [value], ["mean"], name="mean"))
            nodes.append(helper.make_node("Flatten", ["mean"], ["flat"], name="flat"))
            nodes.append(helper.make_node("Gemm", ["flat", *names], ["scores"], name="dense", transB=1))
            break
        size = weights.shape[2]
        nodes.append(helper.make_node(
            "Conv", [value, *names], [f"sum{number}"], name=f"layer{number}", kernel_shape=[size, size],
            pads=[size // 2] * 4, group=LAYERS[number][0] if LAYERS[number][2] else 1))
        value = f"value{number}"
        nodes.append(helper.make_node("Relu", [f"sum{number}"], [value], name=f"relu{number}"))
    graph = helper.make_graph(
        nodes, "depthwise", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 10])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32)
    seen, held, answers, truth = train_test_split(images, labels.astype(np.int64), test_size=0.4, random_state=0)
    model = trained(seen, answers)
    layers = folded(model)
    spread(layers, np.random.default_rng(1))
    made = written(layers)
    onnx.save(made, FOLDER / "spread.onnx")
    bytes_of = lambda rows: np.round(rows * 16).astype(np.uint8).reshape(-1, 1, 8, 8)
    np.savez_compressed(
        FOLDER / "digits.npz", seen=bytes_of(seen[:128]), held=bytes_of(held), labels=truth.astype(np.uint8))
    import onnxruntime
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"image": held.reshape(-1, 1, 8, 8)})[0].argmax(1)
    print(f"{(found == truth).sum()} of {len(truth)}: {(found == truth).mean():.2%}")


if __name__ == "__main__":
    main()
