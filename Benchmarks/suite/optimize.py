"""static int8 of ResNet-50: time, memory, speed and agreement of what comes out, against onnxruntime.quantization"""

import os
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime

from harness.machine import ROOT
from harness.report import Report, megabytes, milliseconds, times
from harness.servers import SLIPWAY, engines

FOLDER = ROOT / ".build" / "bench" / "quantised"
MODEL = FOLDER / "resnet50.onnx"
OURS = ["minmax", "moving-average", "percentile", "entropy", "mse"]
THEIRS = ["minmax", "percentile", "entropy"]


def main():
    report = Report("optimize")
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not MODEL.exists():
        subprocess.run([sys.executable, "-m", "harness.image_networks", FOLDER], check=True)
    few, many = report.pick(64, 16), report.pick(640, 64)
    data = {count: pictures(count) for count in (few, many)}
    judged = np.load(pictures(32, seed=99))["image"]
    rows = []
    for name, command in commands(data[few], report.pick(OURS, OURS[:1]), report.pick(THEIRS, THEIRS[:1])):
        report.say(name)
        output = FOLDER / f"{name.replace(' ', '-')}.onnx"
        used = run(command(output))
        rows.append((name, used, judge(output, judged, report.pick(25, 5))))
    show(report, rows, few)
    stream(report, data, few, many)
    return report.finish()


def commands(data, ours, theirs):
    """Name and command of each, the command given where its result goes."""
    for method in ours:
        yield f"slipway {method}", lambda output, method=method: ours_command(data, output, method)
    for method in theirs:
        yield f"onnxruntime {method}", lambda output, method=method: [
            sys.executable, "-m", "rivals.quantizer", MODEL, output, data, method]


def ours_command(data, output, method):
    return [
        SLIPWAY, "optimize", MODEL, "--recipe", "int8", "--calibration", data, "--calibrator", method, "--no-speed",
        "--quiet", "--output", output]


def pictures(count, seed=7):
    """Noise with large patches, as pictures have: a file of so many."""
    path = FOLDER / f"pictures-{count}-{seed}.npz"
    if not path.exists():
        random = np.random.default_rng(seed)
        coarse = random.standard_normal((count, 3, 14, 14), dtype=np.float32)
        images = np.kron(coarse, np.ones((1, 1, 16, 16), dtype=np.float32))
        images += 0.3 * random.standard_normal(images.shape, dtype=np.float32)
        np.savez(path, image=images)
    return path


def run(command):
    """Seconds, and the peak memory of the largest process, children that it waited for included."""
    environment = {**os.environ, "SLIPWAY_ENGINES": str(engines())}
    began = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, cwd=ROOT / "Benchmarks")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command} failed")
    return {"seconds": time.perf_counter() - began, "peak": usage.ru_maxrss * 1024}


def session(path, record=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if record:
        options.optimized_model_filepath = str(record)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def judge(path, pictures, rounds):
    """Speed beside the original's in turns, one thread and one picture; agreement; what runs in whole numbers."""
    recorded = FOLDER / "recorded.onnx"
    both = [session(MODEL), session(path, recorded)]
    least = [float("inf")] * 2
    for _ in range(rounds):
        for side, one in enumerate(both):
            began = time.perf_counter()
            one.run(None, {"image": pictures[:1]})
            least[side] = min(least[side], time.perf_counter() - began)
    answers = [np.concatenate([one.run(None, {"image": row[None]})[0] for row in pictures]) for one in both]
    counts = {}
    for node in onnx.load(recorded, load_external_data=False).graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    flat = [part.ravel().astype(np.float64) for part in answers]
    return {
        "float_s": least[0], "int8_s": least[1], "bytes": path.stat().st_size,
        "cosine": float(flat[0] @ flat[1] / np.linalg.norm(flat[0]) / np.linalg.norm(flat[1])),
        "agreeing": float((answers[0].argmax(1) == answers[1].argmax(1)).mean()),
        "convolutions": counts.get("QLinearConv", 0),
        "rounding": counts.get("QuantizeLinear", 0) + counts.get("DequantizeLinear", 0)}


def show(report, rows, count):
    lines = []
    for name, used, found in rows:
        report.record(tool=name, samples=count, **used, **found)
        lines.append([
            name, f"{used['seconds']:.1f}", megabytes(used["peak"]), milliseconds(found["int8_s"]),
            times(found["float_s"] / found["int8_s"]), f"{found['cosine']:.4f}", f"{found['agreeing']:.0%}",
            f"{found['convolutions']}/53", found["rounding"], megabytes(found["bytes"])])
    report.table(
        [
            f"ResNet-50, {count} pictures", "s", "peak MB", "ms a run", "over FP32", "cosine", "same class",
            "Conv in int8", "(de)quantise left", "MB"], lines)


def stream(report, data, few, many):
    """Memory must not grow with the data."""
    peaks = {}
    for count in (few, many):
        report.say(f"memory with {count} pictures")
        used = run(ours_command(data[count], FOLDER / "streamed.onnx", "mse"))
        peaks[count] = used["peak"]
        report.record(samples=count, streamed=True, **used)
    report.note(
        f"Peak memory with {few} pictures {megabytes(peaks[few])} MB, with {many} {megabytes(peaks[many])} MB "
        f"({times(peaks[many] / peaks[few])}).")


if __name__ == "__main__":
    sys.exit(main())
