"""Writes the graphs of model_repository: a scaler, two small perceptrons for digits, and a copy of another example.

    pip install onnx scikit-learn
    python3 generate.py
"""
import pathlib
import shutil

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

here = pathlib.Path(__file__).parent
repository = here / "model_repository"

pixels = helper.make_tensor_value_info("raw", TensorProto.FLOAT, ["N", 64])
scaled = helper.make_tensor_value_info("scaled", TensorProto.FLOAT, ["N", 64])
factor = helper.make_tensor("factor", TensorProto.FLOAT, [], [0.0625])
graph = helper.make_graph(
    [helper.make_node("Mul", ["raw", "factor"], ["scaled"])], "scale", [pixels], [scaled], [factor])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
checker.check_model(model)
save(model, repository / "scale/1/model.onnx")


def perceptron(units: int):
    """A perceptron with one hidden layer for the digits of ../digits, whose held-out images it has not seen."""
    pixels, labels = load_digits(return_X_y=True)
    train, _, train_labels, _ = train_test_split(pixels, labels, test_size=0.25, stratify=labels, random_state=17)
    trained = MLPClassifier(hidden_layer_sizes=(units,), max_iter=2000, random_state=17).fit(train / 16, train_labels)
    arrays = {}
    for place, (weight, bias) in enumerate(zip(trained.coefs_, trained.intercepts_)):
        arrays[f"weight{place}"], arrays[f"bias{place}"] = weight.astype(np.float32), bias.astype(np.float32)
    nodes = [
        helper.make_node("Gemm", ["pixels", "weight0", "bias0"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "weight1", "bias1"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes, "digits", [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


save(perceptron(8), repository / "digits/1/model.onnx")
save(perceptron(16), repository / "digits/4/model.onnx")
shutil.copy(here / "../running-mean/running-mean.onnx", repository / "running_mean/1/model.onnx")
