#!/usr/bin/env python3
"""Writes the models of the engines' tests beside itself. Needs onnx 1.23; run by hand, results are committed."""

import pathlib

import numpy
from onnx import TensorProto, checker, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
FLOAT = TensorProto.FLOAT


def value(name, element_type, shape):
    return helper.make_tensor_value_info(name, element_type, shape)


def save(name, nodes, inputs, outputs, initializers=(), opset=21, ir_version=10, extra_domains=(), shaped=True):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset), *extra_domains]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version, producer_name="slipway")
    if shaped:
        checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def weight(name, rows, columns):
    """Multiples of 1/8, so that every sum of products is exact in float32, whatever its order."""
    values = [[((7 * row + 3 * column) % 11 - 5) / 8 for column in range(columns)] for row in range(rows)]
    return numpy_helper.from_array(numpy.array(values, dtype=numpy.float32), name)


def mlp():
    bias = numpy_helper.from_array(numpy.array([0.5, -0.25, 1.0], dtype=numpy.float32), "b2")
    nodes = [
        helper.make_node("MatMul", ["pixels", "w1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["scores"]),
    ]
    save(
        "mlp",
        nodes,
        [value("pixels", FLOAT, ["N", 4])],
        [value("scores", FLOAT, ["N", 3])],
        [weight("w1", 4, 8), weight("w2", 8, 3), bias],
    )


def two_by_two():
    nodes = [
        helper.make_node("Add", ["a", "b"], ["sum"]),
        helper.make_node("Mul", ["a", "b"], ["product"]),
    ]
    inputs = [value(name, FLOAT, ["N", 3]) for name in ("a", "b")]
    save("two_by_two", nodes, inputs, [value(name, FLOAT, ["N", 3]) for name in ("sum", "product")])


def scalars():
    save(
        "scalars",
        [helper.make_node("Add", ["a", "b"], ["sum"])],
        [value("a", FLOAT, []), value("b", FLOAT, [])],
        [value("sum", FLOAT, [])],
    )


def nonzero():
    """The second dimension of the output depends on the input's values."""
    save(
        "nonzero",
        [helper.make_node("NonZero", ["x"], ["positions"])],
        [value("x", FLOAT, ["N"])],
        [value("positions", TensorProto.INT64, [1, "K"])],
    )


def vectors():
    """Loads, but fails while running when the two lengths differ and neither is 1."""
    save(
        "vectors",
        [helper.make_node("Add", ["a", "b"], ["sum"])],
        [value("a", FLOAT, ["N"]), value("b", FLOAT, ["M"])],
        [value("sum", FLOAT, ["K"])],
    )


def inner_name():
    """An output that is an inner tensor by another name."""
    nodes = [helper.make_node("Relu", ["x"], ["h"]), helper.make_node("Identity", ["h"], ["y"])]
    save("inner_name", nodes, [value("x", FLOAT, ["N"])], [value("y", FLOAT, ["N"])])


def zipmap():
    node = helper.make_node("ZipMap", ["p"], ["probabilities"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    pair = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(FLOAT, []))
    output = helper.make_value_info("probabilities", helper.make_sequence_type_proto(pair))
    domains = [helper.make_opsetid("ai.onnx.ml", 1)]
    save("zipmap", [node], [value("p", FLOAT, ["N", 2])], [output], extra_domains=domains)


def loose_shapes():
    """An axis with neither a size nor a name, and an input of unknown rank."""
    node = helper.make_node("Identity", ["x"], ["y"])
    save("unnamed_axis", [node], [value("x", FLOAT, [None, 2])], [value("y", FLOAT, [None, 2])])
    save("unknown_rank", [node], [value("x", FLOAT, None)], [value("y", FLOAT, None)], shaped=False)


def identities():
    """One model for each element type, named after `ElementType`'s cases."""
    names = {
        "float32": FLOAT, "uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "uint16": TensorProto.UINT16,
        "int16": TensorProto.INT16, "int32": TensorProto.INT32, "int64": TensorProto.INT64,
        "string": TensorProto.STRING, "bool": TensorProto.BOOL, "float16": TensorProto.FLOAT16,
        "float64": TensorProto.DOUBLE, "uint32": TensorProto.UINT32, "uint64": TensorProto.UINT64,
        "complex64": TensorProto.COMPLEX64, "complex128": TensorProto.COMPLEX128,
        "bfloat16": TensorProto.BFLOAT16, "float8e4m3fn": TensorProto.FLOAT8E4M3FN,
        "float8e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ, "float8e5m2": TensorProto.FLOAT8E5M2,
        "float8e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ, "uint4": TensorProto.UINT4, "int4": TensorProto.INT4,
        "float4e2m1": TensorProto.FLOAT4E2M1,
    }
    for name, element_type in names.items():
        save(
            f"identity_{name}",
            [helper.make_node("Identity", ["x"], ["y"])],
            [value("x", element_type, ["N"])],
            [value("y", element_type, ["N"])],
            opset=23,
            ir_version=11,
        )


def casts():
    """From float32 to each type that the Open Inference Protocol can carry."""
    names = {
        "bool": TensorProto.BOOL, "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16,
        "uint32": TensorProto.UINT32, "uint64": TensorProto.UINT64, "int8": TensorProto.INT8,
        "int16": TensorProto.INT16, "int32": TensorProto.INT32, "int64": TensorProto.INT64,
        "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16, "float64": TensorProto.DOUBLE,
    }
    nodes = [helper.make_node("Cast", ["x"], [name], to=element_type) for name, element_type in names.items()]
    outputs = [value(name, element_type, ["N"]) for name, element_type in names.items()]
    save("casts", nodes, [value("x", FLOAT, ["N"])], outputs)


def unpack_int4():
    save(
        "unpack_int4",
        [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.INT8)],
        [value("x", TensorProto.INT4, ["N"])],
        [value("y", TensorProto.INT8, ["N"])],
    )


def amplifiers():
    """An output of as many elements as the one number of the input says."""
    one = numpy_helper.from_array(numpy.ones(1, dtype=numpy.float32), "one")
    whole = [numpy_helper.from_array(numpy.array(size, dtype=numpy.int64), name) for name, size in [("a", 0), ("b", 1)]]
    scalar = numpy_helper.from_array(numpy.array([], dtype=numpy.int64), "scalar")
    graphs = {
        "fill": ([helper.make_node("ConstantOfShape", ["n"], ["y"])], []),
        "expand": ([helper.make_node("Expand", ["one", "n"], ["y"])], [one]),
        "tile": ([helper.make_node("Tile", ["one", "n"], ["y"])], [one]),
        "range": (
            [
                helper.make_node("Reshape", ["n", "scalar"], ["end"]),
                helper.make_node("Range", ["a", "end", "b"], ["r"]),
                helper.make_node("Cast", ["r"], ["y"], to=FLOAT),
            ],
            [*whole, scalar],
        ),
    }
    for name, (nodes, initializers) in graphs.items():
        save(name, nodes, [value("n", TensorProto.INT64, [1])], [value("y", FLOAT, ["M"])], initializers)


def divisions():
    """Quotient and remainder of whole numbers."""
    for name, element_type in [("int32", TensorProto.INT32), ("int64", TensorProto.INT64)]:
        nodes = [helper.make_node("Div", ["a", "b"], ["quotient"]), helper.make_node("Mod", ["a", "b"], ["remainder"])]
        inputs = [value(port, element_type, ["N"]) for port in ("a", "b")]
        save(f"division_{name}", nodes, inputs, [value(port, element_type, ["N"]) for port in ("quotient", "remainder")])


mlp()
two_by_two()
scalars()
nonzero()
vectors()
inner_name()
zipmap()
loose_shapes()
identities()
casts()
unpack_int4()
amplifiers()
divisions()
