"""time from start to the first answer, size, memory and idle CPU, against a FastAPI server"""

import pathlib
import sys
import time

from harness import processes, servers
from harness.report import Report, median, megabytes, milliseconds, times


def main():
    report = Report("start")
    with servers.Home() as home:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
        home.slipway("deploy", "bare:1")
        makers = {
            "slipway run mlp.onnx": (lambda: servers.slipway_run(home, servers.DIGITS / "mlp.onnx"), "mlp"),
            "slipway serve": (lambda: servers.slipway_serve(home), "bare"),
            "FastAPI, 2 workers": (servers.fastapi, "bare"),
        }
        seconds, memory = starts(report, makers)
        idle = idleness(report, makers)
    show(report, seconds, memory, idle)
    return report.finish()


def starts(report, makers):
    """Seconds to the first right answer and memory half a second later, of every contestant in turn and alone."""
    seconds, memory = {name: [] for name in makers}, {}
    rounds = report.pick(11, 3)
    for number in range(rounds):
        report.say(f"round {number + 1} of {rounds}")
        for name, (make, endpoint) in makers.items():
            with make() as server:
                seconds[name].append(server.start(endpoint).seconds_to_answer)
                if number == rounds - 1:
                    time.sleep(0.5)
                    memory[name] = processes.memory(server.pid)
    return seconds, memory


def idleness(report, makers):
    """How many processes, and the CPU of a second without requests, over ten; all contestants up at once."""
    running = {name: make().start(endpoint) for name, (make, endpoint) in makers.items()}
    try:
        length = report.pick(10, 2)
        # What start-up left to do ends first.
        time.sleep(2)
        before = {name: processes.fine_cpu_seconds(server.pid) for name, server in running.items()}
        time.sleep(length)
        return {
            name: {
                "cpu_s": (processes.fine_cpu_seconds(server.pid) - before[name]) / length,
                "processes": len(processes.tree(server.pid)),
            }
            for name, server in running.items()
        }
    finally:
        for server in running.values():
            server.stop()


def disk():
    """Bytes to install: the program, and the program with ONNX Runtime. Python itself is not counted."""
    program = servers.SLIPWAY.stat().st_size
    engine = sum(size(path) for path in servers.engines().glob("onnxruntime-*"))
    # What the rival needs of the benchmark's environment: all but the ONNX package of `read`.
    packages = pathlib.Path(sys.prefix) / "lib"
    rival = sum(
        size(path) for path in packages.glob("python*/site-packages/*")
        if path.name.split("-")[0] not in ("onnx", "ml_dtypes", "pip", "setuptools"))
    runtime = sum(size(path) for path in packages.glob("python*/site-packages/onnxruntime"))
    return {
        "slipway run mlp.onnx": (program, program + engine), "slipway serve": (program, program + engine),
        "FastAPI, 2 workers": (rival - runtime, rival)}


def size(path):
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    return path.stat().st_size


def show(report, seconds, memory, idle):
    sizes = disk()
    reference = median(seconds["FastAPI, 2 workers"])
    rows = []
    for name, values in seconds.items():
        found = idle[name]
        report.record(
            server=name, seconds=values, median_s=median(values), idle_cpu_share=found["cpu_s"],
            processes=found["processes"], resident=memory[name].resident,
            proportional=memory[name].proportional, program_bytes=sizes[name][0], installed_bytes=sizes[name][1])
        rows.append([
            name, milliseconds(median(values)), f"{milliseconds(min(values))} to {milliseconds(max(values))}",
            times(reference / median(values)), found["processes"], megabytes(memory[name].resident),
            megabytes(memory[name].proportional), f"{found['cpu_s'] * 1e3:.2f}", megabytes(sizes[name][0]),
            megabytes(sizes[name][1]),
        ])
    report.table(
        [
            "server", "first answer ms", "from … to", "sooner than FastAPI", "processes", "idle MB",
            "shared pages once", "idle CPU ms/s", "program MB", "with ONNX Runtime MB",
        ], rows)


if __name__ == "__main__":
    sys.exit(main())
