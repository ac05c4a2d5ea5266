"""Writes the graphs of model_repository: a scaler of our own, and copies of other examples.

    pip install onnx
    python3 generate.py
"""
import pathlib
import shutil

from onnx import TensorProto, checker, helper, save

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

shutil.copy(here / "../digits/bad.onnx", repository / "digits/1/model.onnx")
shutil.copy(here / "../digits/mlp.onnx", repository / "digits/4/model.onnx")
shutil.copy(here / "../running-mean/running-mean.onnx", repository / "running_mean/1/model.onnx")
