"""opening, validating and showing an ONNX file of 100 MB: time and memory, against the onnx package"""

import os
import subprocess
import sys
import tempfile
import time

from harness.machine import ROOT
from harness.report import Report, median, megabytes, milliseconds, times
from harness.servers import SLIPWAY

FILE = ROOT / ".build" / "bench" / "large.onnx"


def main():
    report = Report("read")
    make(report)
    load = f"import onnx; model = onnx.load({str(FILE)!r})"
    commands = {
        "slipway show": [SLIPWAY, "show", FILE],
        "onnx.load": [sys.executable, "-c", load],
        "onnx.load, check_model": [sys.executable, "-c", f"{load}; onnx.checker.check_model(model)"],
        "import onnx, nothing else": [sys.executable, "-c", "import onnx"],
        "slipway version": [SLIPWAY, "version"],
    }
    runs = {name: [] for name in commands}
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as home:
        environment = {**os.environ, "SLIPWAY_HOME": home}
        for command in commands.values():
            # The file and the programs into the page cache, for everyone alike.
            run(command, environment)
        rounds = report.pick(9, 3)
        for number in range(rounds):
            report.say(f"round {number + 1} of {rounds}")
            for name, command in commands.items():
                runs[name].append(run(command, environment))
    show(report, runs)
    return report.finish()


def make(report):
    """Once; a process of its own, so that its memory is not inherited by what is measured."""
    if not FILE.exists():
        report.say("making a file of 100 MB")
        FILE.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "harness.large_model", FILE], check=True)


def run(command, environment):
    """Seconds, CPU seconds, and the peak memory of the largest process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed")
    return {
        "seconds": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}


def show(report, runs):
    middle = {
        name: {key: median([run[key] for run in values]) for key in ("seconds", "cpu_s", "peak")}
        for name, values in runs.items()}
    reference = middle["slipway show"]
    rows = []
    for name, values in middle.items():
        report.record(command=name, file_bytes=FILE.stat().st_size, rounds=len(runs[name]), **values)
        rows.append([
            name, milliseconds(values["seconds"]), times(values["seconds"] / reference["seconds"]),
            milliseconds(values["cpu_s"]), megabytes(values["peak"]), times(values["peak"] / reference["peak"])])
    report.table(
        [f"{megabytes(FILE.stat().st_size)} MB file", "ms", "of slipway show", "CPU ms", "peak MB", "of slipway show"],
        rows)


if __name__ == "__main__":
    sys.exit(main())
