"""Small networks that were really trained: the hostile depthwise one in int8, the digits network with channels cut."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from harness.machine import ROOT
from optimize import tools
from optimize.tools import FOLDER

HOSTILE = ROOT / "Tests" / "CompressTests" / "Fixtures" / "depthwise"
DIGITS = ROOT / "Examples" / "digits"


def hostile(report, goals):
    """One weight scale for all channels is what users of the rival get unless told; the row of ours has one a channel."""
    report.say("the hostile depthwise network")
    data = np.load(HOSTILE / "digits.npz")
    images, labels = data["held"].astype(np.float32) / 16, data["labels"]
    calibration, output = FOLDER / "digits-seen.npz", FOLDER / "hostile.onnx"
    np.savez(calibration, image=data["seen"].astype(np.float32) / 16)
    found = {"float": _accuracy(HOSTILE / "spread.onnx", "image", images, labels)}
    tools.run(tools.slipway(
        HOSTILE / "spread.onnx", "--recipe", "int8", "--calibration", calibration, "--no-speed", output=output))
    found["slipway"] = _accuracy(output, "image", images, labels)
    for scales in ("tensor", "channel"):
        tools.run(tools.rival(HOSTILE / "spread.onnx", output, calibration, "minmax", scales))
        found[f"rival, a scale a {scales}"] = _accuracy(output, "image", images, labels)
    report.record(hostile=found)
    rival = ", ".join(f"{name.removeprefix('rival, ')} {value:.2%}" for name, value in found.items() if "rival" in name)
    goals.at_least(f"hostile depthwise network ({found['float']:.2%} in floats): right answers", 0.979, found["slipway"], "%", rival)


def pruned(report, goals):
    """Channels cut by the recipe from 225 digits without labels, judged by 225 others; what an empty run costs beside it."""
    report.say("channels cut")
    data = np.load(DIGITS / "held-out.npz")
    pixels, labels = data["pixels"].astype(np.float32) / 16, data["labels"]
    half = len(pixels) // 2
    calibration, output, empty = FOLDER / "digits-pixels.npz", FOLDER / "pruned.onnx", FOLDER / "empty.onnx"
    np.savez(calibration, pixels=pixels[:half])
    before = DIGITS / "cnn.onnx"
    tools.run(tools.slipway(
        before, "--recipe", "prune", "--prune", "60%", "--calibration", calibration, "--no-speed", output=output))
    graph = helper.make_graph(
        [helper.make_node("Identity", ["pixels"], ["copy"])], "empty",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("copy", TensorProto.FLOAT, ["N", 64])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), empty)
    drop = _accuracy(before, "pixels", pixels[half:], labels[half:]) - _accuracy(output, "pixels", pixels[half:], labels[half:])
    sizes = [sum(int(np.prod(item.dims)) for item in onnx.load(path).graph.initializer) for path in (before, output)]
    speeds = {}
    for rows in (1, 8, 64):
        sessions = {"before": tools.session(before), "after": tools.session(output), "empty": tools.session(empty)}
        best = tools.fastest(
            {name: lambda one=one: one.run(None, {"pixels": pixels[:rows]}) for name, one in sessions.items()},
            report.pick(4000, 500))
        speeds[rows] = best["before"] / best["after"]
        report.record(pruned_rows=rows, **{f"{name}_s": seconds for name, seconds in best.items()})
        if rows == 1:
            net = (best["before"] - best["empty"]) / (best["after"] - best["empty"])
            report.note(
                f"Digits network, one row: {best['before'] * 1e6:.1f} to {best['after'] * 1e6:.1f} µs, of which a run that "
                f"computes nothing takes {best['empty'] * 1e6:.1f}; without that, {net:.2f} times as fast.")
    for rows, speed in speeds.items():
        goals.at_least(f"channels cut, no fine-tuning: latency of {rows} rows", 1.5, speed, "x")
    goals.at_most("the same: right answers lost", 0.02, drop, "%", f"{sizes[0]:,} to {sizes[1]:,} parameters")


def _accuracy(path, name, rows, labels):
    one = tools.session(path)
    found = np.concatenate([one.run(None, {name: rows[start:start + 1]})[0] for start in range(len(rows))])
    return float((found.argmax(1) == labels).mean())
