"""Passes alone: the networks that come with the onnx package, and a file of 100 MB read, folded and written."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper

from harness.load import TOOLS
from harness.report import megabytes, milliseconds, times
from optimize import tools
from optimize.tools import FOLDER

LIGHT = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
QUICK = ["resnet50", "shufflenet", "squeezenet"]
ALL = ["bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19", "zfnet512"]


def filled(name):
    """A network whose weights, constants in the package, are He-random, and its normalisations near rest."""
    path = FOLDER / f"light-{name}.onnx"
    if path.exists():
        return path
    random = np.random.default_rng(2026)
    model = onnx.load(LIGHT / f"light_{name}.onnx")
    shapes = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    roles = {}
    for node in model.graph.node:
        for place, value in enumerate(node.input):
            roles[value] = (node.op_type, place)
    made, kept = [], []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = [int(size) for size in shapes[node.input[0]]]
        made.append(numpy_helper.from_array(_values(random, shape, roles.get(node.output[0], ("", 0))), node.output[0]))
    sized = {node.input[0] for node in model.graph.node if node.op_type == "ConstantOfShape"}
    inputs = [item for item in model.graph.input if item.name not in sized and item.name not in shapes]
    others = [item for item in model.graph.initializer if item.name not in sized]
    if kept[-1].op_type == "Softmax":
        # It would hide what changes: of random scores one is nearly always all.
        model.graph.output[0].name = kept.pop().input[0]
        model.graph.output[0].type.tensor_type.ClearField("shape")
    del model.graph.node[:], model.graph.input[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    model.graph.input.extend(inputs)
    model.graph.initializer.extend(others + made)
    model.ir_version = max(model.ir_version, 4)
    onnx.save(model, path)
    return path


def _values(random, shape, role):
    operator, place = role
    if operator == "BatchNormalization":
        low, high = [(0, 0), (0.5, 1.5), (-0.2, 0.2), (-0.2, 0.2), (0.5, 1.5)][place]
        return random.uniform(low, high, shape).astype(np.float32)
    if operator in ("Conv", "Gemm") and place == 1:
        fan_in = int(np.prod(shape[1:]))
        return (random.standard_normal(shape) * (2 / fan_in) ** 0.5).astype(np.float32)
    # Scales and shifts of channels, and biases.
    middle = 1.0 if operator in ("Mul", "Unsqueeze") else 0.0
    return (middle + 0.1 * random.standard_normal(shape)).astype(np.float32)


def passes(report, goals):
    """Each network before and after, one thread: the answers, the time, the size."""
    rows, slowest, furthest, agreeing, larger = [], float("inf"), 0.0, 1.0, 0
    for name in report.pick(ALL, QUICK):
        report.say(f"passes over {name}")
        before, after = filled(name), FOLDER / f"light-{name}-passed.onnx"
        used = tools.run(tools.slipway(before, "--no-speed", output=after))
        sessions = {"before": tools.session(before), "after": tools.session(after)}
        spec = sessions["before"].get_inputs()[0]
        random = np.random.default_rng(1)
        pictures = [random.standard_normal(spec.shape, dtype=np.float32) for _ in range(4)]
        answers = {
            side: np.concatenate([one.run(None, {spec.name: row})[0].reshape(1, -1) for row in pictures])
            for side, one in sessions.items()}
        best = tools.fastest(
            {side: lambda one=one: one.run(None, {spec.name: pictures[0]}) for side, one in sessions.items()},
            report.pick(40, 5))
        error = float(np.abs(answers["before"] - answers["after"]).max() / np.abs(answers["before"]).max())
        same = float((answers["before"].argmax(1) == answers["after"].argmax(1)).mean())
        sizes, speed = [path.stat().st_size for path in (before, after)], best["before"] / best["after"]
        report.record(network=name, error=error, same=same, speed=speed, bytes_before=sizes[0], bytes_after=sizes[1], **used)
        rows.append([
            name, milliseconds(best["before"]), milliseconds(best["after"]), times(speed), f"{error:.1e}", f"{same:.0%}",
            megabytes(sizes[0]), megabytes(sizes[1]), f"{used['seconds']:.1f}"])
        slowest, furthest, agreeing = min(slowest, speed), max(furthest, error), min(agreeing, same)
        larger += sizes[1] > sizes[0]
    report.table(
        ["passes alone", "ms before", "ms after", "speed", "error", "same class", "MB before", "MB after", "s to make"], rows)
    goals.at_least(f"passes on {len(rows)} light networks: same class", 1.0, agreeing, "%")
    goals.at_most("the same: largest relative error", 1e-4, furthest)
    goals.at_least("the same: speed of the slowest, of before", 0.98, slowest, "x")
    goals.at_most("the same: files that grew", 0, larger)


def folding(report, goals):
    """ResNet-50 with its normalisations, read, folded and written, without an engine; the onnx package reads and writes."""
    report.say("a file of 100 MB")
    path = filled("resnet50")
    found = json.loads(subprocess.run(
        [TOOLS / "FoldBench", path, FOLDER / "folded.onnx", "--rounds", str(report.pick(5, 2))], check=True,
        capture_output=True, text=True).stdout)
    size = path.stat().st_size
    report.record(folding=found, bytes=size)
    words = "import onnx, time; t = time.perf_counter(); onnx.save(onnx.load({!r}), {!r}); print(time.perf_counter() - t)"

    rival = float(subprocess.run(
        [sys.executable, "-c", words.format(str(path), str(FOLDER / "copied.onnx"))], check=True, capture_output=True,
        text=True).stdout)
    goals.at_most(
        f"{found['folded']} normalisations folded in a file of {megabytes(size)} MB: read, fold, write, s", 0.5, found["seconds"],
        "", f"onnx.load and onnx.save alone {rival:.2f} s")
    goals.at_most(
        "the same: memory of its own, of the file's size", 1.3, found["own"] / size, "x",
        f"with mapped pages of the file, which cost nothing, {found['peak'] / size:.2f}x at most")
