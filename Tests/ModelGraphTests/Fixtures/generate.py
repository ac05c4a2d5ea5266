"""Writes the models beside this script, each a small instance of something that readers get wrong.

Run by hand:  pip install onnx==1.23.2 numpy==2.4.6 && python generate.py
Every model passes `onnx.checker` before it is written.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import make_graph, make_node, make_opsetid, make_tensor, make_tensor_value_info

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(7)


def write(name, model, check=True):
    model.producer_name = "slipway-fixtures"
    model.producer_version = "1"
    if check:
        onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    assert len(data) < 20_000, (name, len(data))
    (HERE / f"{name}.onnx").write_bytes(data)


def weights(name, *shape):
    return numpy_helper.from_array(RANDOM.standard_normal(shape).astype(np.float32) * 0.5, name)


def model_of(graph, opset=17, ir=8, **extra):
    return helper.make_model(graph, opset_imports=[make_opsetid("", opset)], ir_version=ir, **extra)


def mlp():
    """Two dense layers, symbolic batch, metadata and documentation."""
    graph = make_graph(
        [
            make_node("Gemm", ["pixels", "w1", "b1"], ["h"], name="dense1", transB=1),
            make_node("Relu", ["h"], ["a"], name="relu"),
            make_node("Gemm", ["a", "w2", "b2"], ["logits"], name="dense2", transB=1, doc_string="the last layer"),
        ],
        "mlp",
        [make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 8])],
        [make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 4])],
        [weights("w1", 16, 8), weights("b1", 16), weights("w2", 4, 16), weights("b2", 4)],
        doc_string="a perceptron",
        value_info=[make_tensor_value_info("h", TensorProto.FLOAT, ["N", 16])],
    )
    model = model_of(graph, doc_string="ünïcode")
    helper.set_model_props(model, {"author": "nobody", "task": "digits"})
    return model


def conv():
    """A small convolutional net with list attributes and a shape constant."""
    shape = numpy_helper.from_array(np.array([-1, 36], np.int64), "flat")
    graph = make_graph(
        [
            make_node("Conv", ["image", "k", "kb"], ["c"], name="conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            make_node("Relu", ["c"], ["r"], name="relu"),
            make_node("MaxPool", ["r"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
            make_node("Reshape", ["p", "flat"], ["f"], name="flatten"),
            make_node("MatMul", ["f", "w"], ["scores"], name="dense"),
        ],
        "conv",
        [make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 6, 6])],
        [make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])],
        [weights("k", 4, 1, 3, 3), weights("kb", 4), shape, weights("w", 36, 3)],
    )
    return model_of(graph, opset=13, ir=7)


def control():
    """If and Loop whose bodies read values of the graph around them."""
    then = make_graph(
        [make_node("Add", ["x", "one"], ["t"], name="then_add")], "then", [],
        [make_tensor_value_info("t", TensorProto.FLOAT, [3])])
    other = make_graph(
        [make_node("Sub", ["x", "one"], ["e"], name="else_sub")], "else", [],
        [make_tensor_value_info("e", TensorProto.FLOAT, [3])])
    body = make_graph(
        [
            make_node("Identity", ["go_in"], ["go_out"]),
            make_node("Add", ["sum_in", "chosen"], ["sum_out"], name="accumulate"),
        ],
        "body",
        [
            make_tensor_value_info("i", TensorProto.INT64, []),
            make_tensor_value_info("go_in", TensorProto.BOOL, []),
            make_tensor_value_info("sum_in", TensorProto.FLOAT, [3]),
        ],
        [make_tensor_value_info("go_out", TensorProto.BOOL, []), make_tensor_value_info("sum_out", TensorProto.FLOAT, [3])],
    )
    graph = make_graph(
        [
            make_node("If", ["flag"], ["chosen"], name="if", then_branch=then, else_branch=other),
            make_node("Loop", ["trips", "", "x"], ["total"], name="loop", body=body),
        ],
        "control",
        [make_tensor_value_info("flag", TensorProto.BOOL, []), make_tensor_value_info("x", TensorProto.FLOAT, [3])],
        [make_tensor_value_info("total", TensorProto.FLOAT, [3])],
        [
            numpy_helper.from_array(np.array(1, np.float32), "one"),
            numpy_helper.from_array(np.array(4, np.int64), "trips"),
        ],
    )
    return model_of(graph, opset=16)


RAW = {
    "FLOAT": 4, "UINT8": 1, "INT8": 1, "UINT16": 2, "INT16": 2, "INT32": 4, "INT64": 8, "BOOL": 1, "FLOAT16": 2,
    "DOUBLE": 8, "UINT32": 4, "UINT64": 8, "COMPLEX64": 8, "COMPLEX128": 16, "BFLOAT16": 2, "FLOAT8E4M3FN": 1,
    "FLOAT8E4M3FNUZ": 1, "FLOAT8E5M2": 1, "FLOAT8E5M2FNUZ": 1, "FLOAT8E8M0": 1,
}
PACKED = {"UINT4": 2, "INT4": 2, "FLOAT4E2M1": 2, "UINT2": 4, "INT2": 4}
TYPED = {
    "FLOAT": [1.5, -2.0, 3.25], "DOUBLE": [1.5, -2.0, 1e300], "INT64": [-1, 2, 1 << 40], "UINT64": [1, 2, 1 << 63],
    "UINT32": [1, 2, 0xFFFFFFFF], "INT32": [-1, 0, 1 << 30], "INT16": [-1, 0, 32767], "UINT16": [1, 2, 65535],
    "INT8": [-128, 0, 127], "UINT8": [0, 1, 255], "BOOL": [1, 0, 1], "COMPLEX64": [1 + 2j, -3j, 4],
    "COMPLEX128": [1 + 2j, -3j, 4],
}


def types():
    """Every element type, as raw bytes and, where it is allowed, in its typed field; odd counts of packed ones."""
    tensors = []
    for name, size in RAW.items():
        data = bytes((7 * i + 1) % 2 if name == "BOOL" else (37 * i + 11) % 120 for i in range(3 * size))
        tensors.append(make_tensor(f"raw_{name}", getattr(TensorProto, name), [3], data, raw=True))
    for name, per_byte in PACKED.items():
        data = bytes((37 * i + 11) % 256 for i in range(-(-5 // per_byte)))
        tensors.append(make_tensor(f"raw_{name}", getattr(TensorProto, name), [5], data, raw=True))
    for name, values in TYPED.items():
        tensors.append(make_tensor(f"typed_{name}", getattr(TensorProto, name), [3], values))
    half = TensorProto(name="typed_FLOAT16", data_type=TensorProto.FLOAT16, dims=[3], int32_data=[0x3C00, 0xC000, 1])
    nibbles = TensorProto(name="typed_INT4", data_type=TensorProto.INT4, dims=[5], int32_data=[0x21, 0xF3, 0x08])
    tensors += [half, nibbles]
    tensors.append(make_tensor("typed_STRING", TensorProto.STRING, [3], [b"zero", "éins".encode(), b"\xff\x00x"]))
    tensors.append(make_tensor("empty", TensorProto.FLOAT, [0, 4], []))
    graph = make_graph(
        [make_node("Identity", ["x"], ["y"])], "types",
        [make_tensor_value_info("x", TensorProto.FLOAT, [None])], [make_tensor_value_info("y", TensorProto.FLOAT, [None])],
        tensors)
    return model_of(graph, opset=25, ir=13)


def features():
    """A function with attribute references, sparse tensors, annotations, and types that are not tensors."""
    doubled = helper.make_function(
        "local", "Scaled", ["a"], ["b"],
        [helper.make_node("Constant", [], ["c"]), make_node("Mul", ["a", "c"], ["b"])],
        [make_opsetid("", 18)], ["factor"])
    reference = onnx.AttributeProto(name="value_float", ref_attr_name="factor", type=onnx.AttributeProto.FLOAT)
    doubled.node[0].attribute.append(reference)
    sparse = helper.make_sparse_tensor(
        make_tensor("sparse", TensorProto.FLOAT, [2], [1.0, 2.0]),
        make_tensor("sparse_at", TensorProto.INT64, [2], [1, 5]), [2, 4])
    graph = make_graph(
        [
            make_node("Scaled", ["x"], ["s"], domain="local", factor=2.0),
            make_node("Add", ["s", "x"], ["y"]),
            make_node("SequenceConstruct", ["x", "y"], ["list"]),
        ],
        "features",
        [make_tensor_value_info("x", TensorProto.FLOAT, [2, 4])],
        [
            make_tensor_value_info("y", TensorProto.FLOAT, [2, 4]),
            helper.make_tensor_sequence_value_info("list", TensorProto.FLOAT, [2, 4]),
        ],
        sparse_initializer=[sparse],
    )
    annotation = onnx.TensorAnnotation(tensor_name="x")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="x_scale")
    graph.quantization_annotation.append(annotation)
    graph.node[1].metadata_props.add(key="origin", value="by hand")
    model = helper.make_model(
        graph, functions=[doubled], opset_imports=[make_opsetid("", 18), make_opsetid("local", 1)], ir_version=11)
    device = model.configuration.add(name="two", num_devices=2)
    device.device.extend(["cpu", "gpu"])
    graph = model.graph
    graph.node[0].device_configurations.add(configuration_id="two", pipeline_stage=1)
    return model


def zipmap():
    """A classifier as scikit-learn's converter writes it: labels, and a sequence of maps."""
    ml = "ai.onnx.ml"
    graph = make_graph(
        [
            make_node(
                "LinearClassifier", ["X"], ["label", "scores"], domain=ml, classlabels_ints=[0, 1, 2],
                coefficients=[float(v) for v in RANDOM.standard_normal(12).round(3)], intercepts=[0.1, 0.2, 0.3],
                multi_class=1, post_transform="SOFTMAX"),
            make_node("Normalizer", ["scores"], ["probabilities"], domain=ml, norm="L1"),
            make_node("ZipMap", ["probabilities"], ["output_probability"], domain=ml, classlabels_int64s=[0, 1, 2]),
        ],
        "iris",
        [make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])],
        [
            make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_value_info(
                "output_probability",
                helper.make_sequence_type_proto(
                    helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, [])))),
        ],
    )
    return helper.make_model(graph, opset_imports=[make_opsetid(ml, 1), make_opsetid("", 17)], ir_version=8)


def old():
    """IR version 3: initializers are inputs too."""
    w = weights("w", 4, 3)
    graph = make_graph(
        [make_node("MatMul", ["x", "w"], ["m"]), make_node("Softmax", ["m"], ["y"], axis=1)], "old",
        [make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4]), make_tensor_value_info("w", TensorProto.FLOAT, [4, 3])],
        [make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])], [w])
    return model_of(graph, opset=7, ir=3)


def external():
    """Weights in another file, which is not there."""
    w = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 3], data_location=TensorProto.EXTERNAL)
    for key, value in [("location", "weights/part-1.bin"), ("offset", "4096"), ("length", "48")]:
        w.external_data.add(key=key, value=value)
    graph = make_graph(
        [make_node("MatMul", ["x", "w"], ["y"])], "external", [make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
        [make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])], [w])
    return model_of(graph)


if __name__ == "__main__":
    for make in (mlp, conv, control, types, features, zipmap, old):
        write(make.__name__, make())
    write("external", external(), check=False)
