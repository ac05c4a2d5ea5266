"""Static int8 of ResNet-50: time, memory, speed and agreement, on both engines, against onnxruntime.quantization."""

import subprocess
import sys

import numpy as np
import onnx
import openvino

from harness.report import megabytes, milliseconds, times
from optimize import profiles, tools
from optimize.tools import FOLDER

MODEL = FOLDER / "resnet50.onnx"
OURS = ["minmax", "moving-average", "percentile", "entropy", "mse"]
THEIRS = ["minmax", "percentile", "entropy"]
CONVOLUTIONS = 53


def measure(report, goals):
    if not MODEL.exists():
        subprocess.run([sys.executable, "-m", "harness.image_networks", FOLDER], check=True)
    count = report.pick(64, 16)
    data = tools.pictures(count)
    found = {}
    commands = dict(_commands(data, report.pick(OURS, ["minmax", "mse"]), report.pick(THEIRS, THEIRS[:1])))
    # What is compared is run three times, turn by turn: the first run finds the files cold.
    turns = [name for name in commands if not name.startswith("onnxruntime") or name.endswith("minmax")]
    for name in turns * report.pick(2, 0) + list(commands):
        report.say(name)
        output = FOLDER / f"{name.replace(' ', '-')}.onnx"
        used = tools.run(commands[name](output))
        best = found.get(name, used)
        found[name] = {**min(best, used, key=lambda run: run["seconds"]), "path": output}
        found[name]["peak"] = max(best["peak"], used["peak"])
    _judge(report, found)
    _show(report, found, count)
    _goals(goals, found, count)
    _openvino(report, goals, data, found)


def _commands(data, ours, theirs):
    """Name and command of each, the command given where its result goes."""
    for method in ours:
        yield f"slipway {method}", lambda output, method=method: tools.slipway(
            MODEL, "--recipe", "int8", "--calibration", data, "--calibrator", method, "--no-speed", output=output)
    for method in theirs:
        yield f"onnxruntime {method}", lambda output, method=method: tools.rival(MODEL, output, data, method)


def _judge(report, found):
    """Speed of all turn by turn, one thread and one picture; agreement with the original; what runs in whole numbers."""
    pictures = np.load(tools.pictures(32, seed=99))["image"]
    sessions = {name: tools.session(entry["path"]) for name, entry in found.items()}
    sessions["float"] = tools.session(MODEL)
    best = tools.fastest(
        {name: lambda one=one: one.run(None, {"image": pictures[:1]}) for name, one in sessions.items()},
        report.pick(30, 6))
    answers = {
        name: np.concatenate([one.run(None, {"image": row[None]})[0] for row in pictures]) for name, one in sessions.items()}
    exact = answers["float"].ravel().astype(np.float64)
    for name, entry in found.items():
        own, counts = answers[name].ravel().astype(np.float64), tools.kernels(entry["path"])
        entry |= {
            "float_s": best["float"], "int8_s": best[name], "speed": best["float"] / best[name],
            "bytes": entry["path"].stat().st_size,
            "cosine": float(exact @ own / np.linalg.norm(exact) / np.linalg.norm(own)),
            "agreeing": float((answers["float"].argmax(1) == answers[name].argmax(1)).mean()),
            "convolutions": counts.get("QLinearConv", 0),
            "rounding": counts.get("QuantizeLinear", 0) + counts.get("DequantizeLinear", 0)}


def _show(report, found, count):
    rows = []
    for name, entry in found.items():
        report.record(tool=name, samples=count, **{key: value for key, value in entry.items() if key != "path"})
        rows.append([
            name, f"{entry['seconds']:.1f}", f"{entry['cpu_s']:.1f}", megabytes(entry["peak"]),
            milliseconds(entry["int8_s"]), times(entry["speed"]), f"{entry['cosine']:.5f}", f"{entry['agreeing']:.0%}",
            f"{entry['convolutions']}/{CONVOLUTIONS}", entry["rounding"], megabytes(entry["bytes"])])
    report.table(
        [
            f"ResNet-50, {count} pictures", "s", "CPU s", "peak MB", "ms a run", "over FP32", "cosine", "same class",
            "Conv in int8", "(de)quantise left", "MB"], rows)


def _goals(goals, found, count):
    ours, theirs = found["slipway minmax"], found["onnxruntime minmax"]
    goals.at_most(
        f"static int8, {count} samples, minmax: time, of the rival's", 0.5, ours["seconds"] / theirs["seconds"], "x",
        f"{theirs['seconds']:.1f} s; ours {ours['seconds']:.1f} s")
    goals.at_most(
        "the same: peak memory, MB", 500, ours["peak"] / 1e6, "", f"{theirs['peak'] / 1e6:.0f}")
    for method in ("percentile", "entropy", "mse"):
        if (entry := found.get(f"slipway {method}")) is None:
            continue
        other = found.get(f"onnxruntime {method}")
        words = f"{other['seconds']:.1f} s, {other['peak'] / 1e6:,.0f} MB" if other else "–"
        goals.at_most(f"{method}: time, of our minmax", 1.3, entry["seconds"] / ours["seconds"], "x", words)
        goals.at_most(f"{method}: peak memory, MB", 600, entry["peak"] / 1e6, "", words)
    best = found["slipway mse"]
    goals.at_least("int8, ONNX Runtime, one thread: over FP32", 3.3, best["speed"], "x", times(theirs["speed"]))
    goals.at_least(f"Conv in int8, of {CONVOLUTIONS}", CONVOLUTIONS, best["convolutions"], "", str(theirs["convolutions"]))


def _openvino(report, goals, data, found):
    """The form for OpenVINO, on OpenVINO, one thread."""
    report.say("OpenVINO")
    output = FOLDER / "openvino.onnx"
    tools.run(tools.slipway(
        MODEL, "--recipe", "int8", "--calibration", data, "--target-engine", "openvino", "--no-speed", output=output))
    core, picture = openvino.Core(), np.load(tools.pictures(32, seed=99))["image"][:1]

    def request(path, precision="f32"):
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
        return core.compile_model(path, "CPU", settings).create_infer_request()

    requests = {
        "FP32": request(MODEL), "bf16": request(MODEL, "bf16"), "slipway": request(output),
        "rival": request(found["onnxruntime minmax"]["path"])}
    best = tools.fastest(
        {name: lambda one=one: one.infer({"image": picture}) for name, one in requests.items()}, report.pick(40, 8))
    speeds = {name: best["FP32"] / seconds for name, seconds in best.items()}
    report.record(openvino=speeds, seconds=best)
    goals.at_least(
        "int8, OpenVINO, one thread: over FP32", 3.5, speeds["slipway"], "x",
        f"{times(speeds['rival'])}; bf16 {times(speeds['bf16'])}")
    inputs = {"image": picture}
    profiles.show(report, {
        "ResNet-50, ONNX Runtime, float": profiles.onnx_runtime(MODEL, inputs),
        "ResNet-50, ONNX Runtime, int8": profiles.onnx_runtime(found["slipway mse"]["path"], inputs),
        "ResNet-50, ONNX Runtime, int8 of onnxruntime": profiles.onnx_runtime(found["onnxruntime minmax"]["path"], inputs),
        "ResNet-50, OpenVINO, float": profiles.open_vino(MODEL, inputs),
        "ResNet-50, OpenVINO, int8": profiles.open_vino(output, inputs)})


def stream(report, goals):
    """Memory must not grow with the data: ten thousand small pictures, and as few as 64."""
    small = FOLDER / "resnet50-32.onnx"
    model = onnx.load(MODEL)
    for place in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[place].dim_value = 32
    onnx.save(model, small)
    few, many = 64, report.pick(10_000, 640)
    peaks = {}
    for count in (few, many):
        report.say(f"memory with {count} pictures")
        used = tools.run(tools.slipway(
            small, "--recipe", "int8", "--calibration", tools.pictures(count, side=32), "--no-speed",
            output=FOLDER / "streamed.onnx"))
        peaks[count] = used["peak"]
        report.record(samples=count, streamed=True, **used)
    goals.at_most(
        f"{many:,} samples (ResNet-50 on 32 by 32): peak memory, of that for {few}", 1.1, peaks[many] / peaks[few], "x",
        "grows with the samples")
