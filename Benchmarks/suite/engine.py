"""what a session adds to its engine: time, allocations and instructions of one run, against the engine's C functions"""

import json
import re
import subprocess
import sys
import tempfile

from harness.load import TOOLS
from harness.report import Report, microseconds, times
from harness.servers import DIGITS, engines

LIBRARIES = {
    "onnxruntime": "onnxruntime-*/libonnxruntime.so*", "openvino": "openvino-*/libopenvino_c.so*",
    "litert": "litert-*/libLiteRt.so"}
ROWS = [1, 8, 32]
NETWORK = DIGITS / "mlp.onnx"


def main():
    report = Report("engine")
    found = {}
    for engine, pattern in LIBRARIES.items():
        paths = sorted(engines().glob(pattern))
        if paths:
            found[engine] = paths[-1]
        else:
            report.note(f"{engine} is not installed.")
    rows = []
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as folder:
        models = {"FP32": NETWORK, "INT8": quantised(folder)}
        for engine, library in found.items():
            for precision, model in models.items():
                for count in ROWS:
                    report.say(f"{engine}, {precision}, {count} rows")
                    rows.append(row(report, engine, library, precision, model, count))
    report.table(
        [
            "engine, numbers, rows a run", "session µs", "limit µs", "ratio", "session runs/s", "allocations", "limit",
            "bytes allocated", "limit",
        ], rows)
    if "onnxruntime" in found:
        show_instructions(report, found["onnxruntime"])
    return report.finish()


def quantised(folder):
    """The same network with its products in 8-bit integers, as ONNX Runtime's own tool makes it."""
    model = f"{folder}/mlp-int8.onnx"
    subprocess.run(
        [sys.executable, "-m", "rivals.quantizer", NETWORK, model, DIGITS / "held-out.npz", "minmax"], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return model


def arguments(engine, library, model, rows):
    words = ("--model", model, "--engine", engine, "--library", library, "--rows", rows)
    return [str(word) for word in words]


def row(report, engine, library, precision, model, rows):
    rounds, seconds = report.pick((9, 0.3), (3, 0.05))
    result = subprocess.run(
        [
            TOOLS / "EngineBench", *arguments(engine, library, model, rows), "--rounds", str(rounds), "--seconds",
            str(seconds)],
        capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"EngineBench failed: {result.stderr}")
    figures = json.loads(result.stdout)
    report.record(rounds=rounds, precision=precision, **figures)
    return [
        f"{engine} {figures['version']}, {precision}, {rows}", microseconds(figures["session_s"]),
        microseconds(figures["limit_s"]), times(figures["session_s"] / figures["limit_s"]),
        f"{1 / figures['session_s']:,.0f}", f"{figures['session_allocations']:.1f}",
        f"{figures['limit_allocations']:.1f}", f"{figures['session_bytes']:,.0f}", f"{figures['limit_bytes']:,.0f}"]


def show_instructions(report, library):
    """Instructions repeat to a few parts in a thousand even on a busy machine."""
    report.say("counting instructions under valgrind")
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as folder:
        # Valgrind gives up on debug information of this kind.
        program = f"{folder}/EngineBench"
        subprocess.run(["strip", "-o", program, TOOLS / "EngineBench"], check=True)
        session, limit = (instructions(program, library, side) for side in ("session", "limit"))
    report.record(engine="onnxruntime", rows=1, session_instructions=session, limit_instructions=limit)
    report.note(
        f"Instructions of one run on ONNX Runtime with 1 row (under valgrind, so without AVX-512): session "
        f"{session:,.0f}, limit {limit:,.0f}: the session adds {session - limit:,.0f}.")


def instructions(program, library, side):
    """Those of a thousand further runs, so that loading does not count."""
    counts = []
    for runs in (100, 1100):
        result = subprocess.run(
            [
                "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                program, *arguments("onnxruntime", library, NETWORK, 1), "--only", side, "--runs", str(runs)],
            capture_output=True, text=True, check=False)
        match = re.search(r"I\s+refs:\s+([\d,]+)", result.stderr)
        if result.returncode != 0 or not match:
            raise RuntimeError(f"valgrind failed: {result.stderr[-2000:]}")
        counts.append(int(match[1].replace(",", "")))
    return (counts[1] - counts[0]) / 1000


if __name__ == "__main__":
    sys.exit(main())
