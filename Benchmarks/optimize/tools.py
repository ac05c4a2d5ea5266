"""What the parts of the benchmark share: running commands, sessions, and pictures."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime

from harness.machine import ROOT
from harness.servers import SLIPWAY, engines

FOLDER = ROOT / ".build" / "bench" / "quantised"


def slipway(*arguments, output):
    """The command that optimises a file into another."""
    return [SLIPWAY, "optimize", *arguments, "--quiet", "--output", output]


# A process inherits the peak of what it was started from; this small one is in between, and writes down what its child took.
_WITNESS = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
figures = {"seconds": time.perf_counter() - began, "cpu_s": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}
json.dump({**figures, "status": os.waitstatus_to_exitcode(status)}, open(sys.argv[1], "w"))
"""


def run(command):
    """Seconds, processor seconds, and the peak memory of the largest process, children that it waited for included."""
    environment = {**os.environ, "SLIPWAY_ENGINES": str(engines()), "SLIPWAY_HOME": str(FOLDER / "home")}
    figures = FOLDER / "figures.json"
    words = subprocess.run(
        list(map(str, [sys.executable, "-S", "-c", _WITNESS, figures, *command])), env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT / "Benchmarks", check=True).stderr
    found = json.loads(figures.read_text())
    if found.pop("status") != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{words.decode(errors='replace')[-2000:]}")
    return found


def rival(*arguments):
    """A tool of ours around onnxruntime.quantization."""
    return [sys.executable, "-m", "rivals.quantizer", *arguments]


def session(path, record=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if record:
        options.optimized_model_filepath = str(record)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def kernels(path):
    """How often each operator is in what the engine makes of a file."""
    recorded = FOLDER / "recorded.onnx"
    session(path, recorded)
    counts = {}
    for node in onnx.load(recorded, load_external_data=False).graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    return counts


def fastest(runs, rounds):
    """Seconds of the shortest run of each, turn by turn; a run is called without arguments."""
    best = dict.fromkeys(runs, float("inf"))
    names = list(runs)
    for number in range(rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            began = time.perf_counter()
            runs[name]()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def pictures(count, side=224, seed=7):
    """Noise with large patches, as pictures have: a file of so many."""
    path = FOLDER / f"pictures-{count}-{side}-{seed}.npz"
    if not path.exists():
        random = np.random.default_rng(seed)
        patch = 16 if side > 64 else 4
        images = np.empty((count, 3, side, side), dtype=np.float32)
        for start in range(0, count, 64):
            part = images[start:start + 64]
            coarse = random.standard_normal((len(part), 3, side // patch, side // patch), dtype=np.float32)
            part[:] = np.kron(coarse, np.ones((1, 1, patch, patch), dtype=np.float32))
            part += 0.3 * random.standard_normal(part.shape, dtype=np.float32)
        np.savez(path, image=images)
    return path
