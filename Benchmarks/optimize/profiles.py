"""Where the time of a run goes, by kind of kernel: what of a speed is the engine's."""

import json
import pathlib

import numpy as np
import onnxruntime
import openvino

from harness.report import milliseconds
from optimize.tools import FOLDER

RUNS = 20
MOST = 4


def onnx_runtime(path, inputs):
    """Seconds of a run by operator, on ONNX Runtime with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(FOLDER / "profile")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    for _ in range(RUNS):
        session.run(None, inputs)
    written = pathlib.Path(session.end_profiling())
    events = json.loads(written.read_text())
    written.unlink()
    found = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = event["args"]["op_name"]
            found[name] = found.get(name, 0) + event["dur"] / 1e6 / RUNS
    return found


def open_vino(path, inputs, precision="f32", group=None):
    """Seconds of a run by kernel, on OpenVINO with one thread; `group`: activations that share a scale (None: its choice)."""
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "PERF_COUNT": True}
    if group:
        settings["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = group
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
    runs = []
    for _ in range(RUNS):
        request.infer(inputs)
        found = {}
        for part in request.get_profiling_info():
            kernel = part.exec_type.split("_")[-1]
            name = f"{part.node_type} {kernel}"
            found[name] = found.get(name, 0) + part.real_time.total_seconds()
        runs.append(found)
    return {name: float(np.median([run.get(name, 0) for run in runs])) for name in runs[0]}


def show(report, profiles):
    """A row for each profile: the kernels that take most."""
    rows = []
    for name, found in profiles.items():
        whole = sum(found.values())
        most = sorted(found.items(), key=lambda pair: -pair[1])[:MOST]
        report.record(profile=name, seconds=found)
        rows.append([name, milliseconds(whole), ", ".join(f"{kernel} {seconds / whole:.1%}" for kernel, seconds in most)])
    report.table(["where the time goes", "ms", "kernels, with what measuring them costs"], rows)
