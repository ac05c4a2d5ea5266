"""Writes torch/: small PyTorch networks through both of its exporters, as people export them, with PyTorch's answers.

Run in an environment with requirements_torch.txt: python3 generate_torch.py [NAME...]
The files are committed; nothing of this runs in tests.
"""

import dataclasses
import io
import sys
import tempfile
import warnings
from typing import Callable

import onnx
import torch
import torch_nets as nets
from onnxruntime import quantization
from torch import nn

from cases import save_cases, save_model


@dataclasses.dataclass
class Entry:
    name: str
    make: Callable
    # Each input's name, sizes (a name for what stays open), and kind: "float", "bool", or integers below a number.
    inputs: list
    outputs: list
    # Sizes for the open names, one case each; the first is the example that is exported.
    cases: list
    # Operator sets for the older exporter, which traces, and for the newer one.
    traced: list = dataclasses.field(default_factory=lambda: [17])
    captured: list = dataclasses.field(default_factory=lambda: [18])
    scripted: bool = False
    # What ONNX Runtime's tools make of the first traced one, in eight bits.
    quantised: list = dataclasses.field(default_factory=list)
    tolerance: float = 1e-5


BATCHES = [{"batch": 3}, {"batch": 1}, {"batch": 4}]
LENGTHS = [{"batch": 2, "time": 7}, {"batch": 1, "time": 12}, {"batch": 5, "time": 3}, {"batch": 3, "time": 1}]
IMAGES = [{"batch": 2, "height": 16, "width": 24}, {"batch": 1, "height": 20, "width": 12}]
STEPS = [{"batch": 2, "time": 3, "past": 5}, {"batch": 1, "time": 1, "past": 9}, {"batch": 3, "time": 4, "past": 2}]


def recurrent(kind, **options):
    return lambda: nets.Recurrent(kind, batch_first=True, **options)


SERIES = [("x", ["batch", "time", 5], "float")]
PICTURE = [("x", ["batch", 3, 12, 12], "float")]
CACHE = [("ids", ["batch", "time"], 29), ("past_keys", ["batch", 2, "past", 4], "float"),
         ("past_values", ["batch", 2, "past", 4], "float")]

ENTRIES = [
    Entry("mlp", lambda: nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3), nn.Softmax(-1)),
          [("x", ["batch", 6], "float")], ["probabilities"], BATCHES, [9, 11, 13, 15, 20], [18, 20, 21, 22, 23]),
    Entry("convolutional", nets.convolutional, [("image", ["batch", 1, 18, 18], "float")], ["scores"], BATCHES,
          [11, 13, 17, 18, 20], [18, 21]),
    Entry("residual", nets.Residual, [("image", ["batch", 3, 20, 20], "float")], ["scores"], BATCHES, [13]),
    Entry("unet", nets.UNet, [("image", ["batch", 2, "height", "width"], "float")], ["mask"], IMAGES, [11, 18]),
    Entry("lstm", recurrent(nn.LSTM, num_layers=2, bidirectional=True), SERIES, ["y", "hidden", "cell"], LENGTHS,
          [11, 17]),
    Entry("gru", recurrent(nn.GRU), SERIES, ["y", "hidden"], LENGTHS),
    Entry("rnn", recurrent(nn.RNN, bidirectional=True, nonlinearity="relu"), SERIES, ["y", "hidden"], LENGTHS, [17], []),
    # Captured, it becomes one node for each step: the length is that of the example.
    Entry("rnn_unrolled", recurrent(nn.RNN), [("x", ["batch", 4, 5], "float")], ["y", "hidden"], BATCHES, []),
    Entry("encoder", nets.Encoder, [("ids", ["batch", "time"], 31), ("mask", ["batch", "time"], "prefix")],
          ["scores", "pooled"], LENGTHS, [], [18]),
    # Traced attention keeps the sizes of its example, although the file says that they are open.
    Entry("encoder_traced", lambda: nets.Encoder(layers=1), [("ids", ["batch", "time"], 31), ("mask", ["batch", "time"], "prefix")],
          ["scores", "pooled"], [LENGTHS[0], LENGTHS[0]], [17], []),
    Entry("decoder", lambda: nets.Decoder(nets.RootMeanSquare), CACHE, ["scores", "keys", "values"], STEPS, [14], [18]),
    Entry("decoder_rms", lambda: nets.Decoder(nn.RMSNorm), CACHE, ["scores", "keys", "values"], STEPS, [], [23]),
    Entry("vision_transformer", nets.VisionTransformer, PICTURE, ["scores", "weights"], BATCHES, [14], [20]),
    Entry("bags", nets.Bags, [("words", ["batch", "time"], 40), ("users", ["batch", 3], 12)],
          ["similarity", "nearest", "length"], LENGTHS[:2], [17]),
    Entry("norms", nets.Norm, [("image", ["batch", 3, 6, 6], "float")], ["y", "direction", "peak"], BATCHES, [21]),
    Entry("detector", lambda: nets.Detector(False), PICTURE, ["boxes", "scores", "labels"], BATCHES),
    Entry("suppression", lambda: nets.Detector(True), [("image", [1, 3, 12, 12], "float")], ["boxes", "scores"],
          [{}, {}]),
    Entry("indexing", nets.Indexing, [("x", ["batch", "time", 6], "float"), ("index", ["batch", 4], 9)],
          [f"y{number}" for number in range(12)], LENGTHS[:3]),
    Entry("signals", nets.Signals,
          [("x", ["batch", 2, "time"], "float"), ("volume", ["batch", 1, 4, 8, 8], "float")], ["y", "peak"],
          [{"batch": 2, "time": 20}, {"batch": 1, "time": 33}]),
    Entry("several", nets.Several,
          [("numbers", ["batch", 4], "float"), ("kinds", ["batch"], 5), ("flags", ["batch"], "bool")],
          ["x", "best", "positive", "same", "whole", "mean"], BATCHES),
    Entry("branches", nets.Branches, [("x", ["batch", "time", 4], "float")], ["y", "rounds"], LENGTHS[:3], [13, 17], [],
          scripted=True),
    Entry("conditional", nets.Conditional, [("x", ["batch", 4], "float")], ["y"], BATCHES, []),
    Entry("quantised", nets.Quantised, [("image", ["batch", 1, 6, 6], "float")], ["scores"], BATCHES, [13, 17], [],
          tolerance=1e-2),
    Entry("quantised_later", nets.convolutional, [("image", ["batch", 1, 18, 18], "float")], ["scores"], BATCHES, [], [],
          quantised=["QDQ", "QOperator", "dynamic"], tolerance=0.1),
    Entry("quantised_encoder", nets.VisionTransformer, PICTURE, ["scores", "weights"], BATCHES, [], [],
          quantised=["dynamic"], tolerance=0.1),
    Entry("half", nets.Half, [("x", ["batch", 6], "float")], ["y"], BATCHES,
          tolerance=5e-3),
    Entry("brain", nets.Brain, [("x", ["batch", 6], "float")], ["y", "rounded"], BATCHES, tolerance=1e-2),
]


def arrays(entry, sizes, seed):
    """One case's inputs."""
    random = torch.Generator().manual_seed(seed)
    result = []
    for _, shape, kind in entry.inputs:
        shape = [sizes.get(size, size) for size in shape]
        match kind:
            case "float": result.append(torch.randn(shape, generator=random).mul(8).round() / 8)
            case "bool": result.append(torch.rand(shape, generator=random) > 0.5)
            case "prefix":  # ones, then zeros: what is padded comes last
                lengths = torch.randint(1, shape[1] + 1, (shape[0], 1), generator=random)
                result.append((torch.arange(shape[1])[None] < lengths).long())
            case limit: result.append(torch.randint(0, limit, shape, generator=random))
    return tuple(result)


def traced(entry, net, example, opset):
    """Through the exporter that traces, or compiles a script."""
    axes = {name: {axis: size for axis, size in enumerate(shape) if isinstance(size, str)} for name, shape, _ in entry.inputs}
    file = io.BytesIO()
    torch.onnx.export(
        torch.jit.script(net) if entry.scripted else net, example, file, dynamo=False, opset_version=opset,
        input_names=[name for name, *_ in entry.inputs], output_names=entry.outputs, dynamic_axes=axes)
    return onnx.load_model_from_string(file.getvalue())


def captured(entry, net, example, opset):
    """Through the exporter that captures the graph with torch.export."""
    names = {size for _, shape, _ in entry.inputs for size in shape if isinstance(size, str)}
    sizes = {name: torch.export.Dim(name) for name in sorted(names)}
    shapes = tuple({axis: sizes[size] for axis, size in enumerate(shape) if size in sizes} for _, shape, _ in entry.inputs)
    if entry.name in ("convolutional", "mlp"):  # a Sequential has one argument, whatever its name
        shapes = shapes[:1]
    program = torch.onnx.export(
        net, example, dynamo=True, opset_version=opset, verbose=False, dynamic_shapes=shapes,
        input_names=[name for name, *_ in entry.inputs], output_names=entry.outputs)
    return program.model_proto


def numbers(values):
    values = values if isinstance(values, tuple) else (values,)
    return [value.detach().numpy() for value in values]


def quantised(model, kind, given, names):
    """In eight bits: weights only by their own range, or everything by the range that examples have."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = f"{folder}/before.onnx", f"{folder}/after.onnx"
        onnx.save(model, before)
        if kind == "dynamic":
            quantization.quantize_dynamic(before, after)
        else:
            quantization.quantize_static(
                before, after, Examples(given, names), quant_format=quantization.QuantFormat[kind], per_channel=True)
        return onnx.load(after)


class Examples(quantization.CalibrationDataReader):
    def __init__(self, given, names):
        self.rest = [dict(zip(names, numbers(one))) for one in given]

    def get_next(self):
        return self.rest.pop() if self.rest else None


def write(entry):
    torch.manual_seed(0)
    net = entry.make().eval()
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm2d):  # statistics as after training
            norm.running_mean.normal_(0, 0.3)
            norm.running_var.uniform_(0.5, 2)
    given = [arrays(entry, sizes, seed) for seed, sizes in enumerate(entry.cases)]
    with torch.no_grad():
        save_cases("torch", entry.name, [(numbers(one), numbers(net(*one))) for one in given], entry.tolerance)
    for opset in entry.traced:
        save_model("torch", f"{entry.name}.traced-{opset}", traced(entry, net, given[0], opset))
    for opset in entry.captured:
        save_model("torch", f"{entry.name}.captured-{opset}", captured(entry, net, given[0], opset))
    for kind in entry.quantised:
        model = quantised(traced(entry, net, given[0], 17), kind, given, [name for name, *_ in entry.inputs])
        save_model("torch", f"{entry.name}.{kind.lower()}", model)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for entry in ENTRIES:
        if not sys.argv[1:] or entry.name in sys.argv[1:]:
            write(entry)
