"""CPU of the server a request with 1 to 500 connections and 1 to 200 loaded versions: what grows with them"""

import contextlib
import sys
import time
import urllib.request

from harness import processes, servers
from harness.load import Load, faults
from harness.report import Report, median, megabytes, microseconds

CONNECTIONS = [1, 8, 64, 500]
MODELS = [1, 200]
# The same load for all, far below what one connection can do: what differs is what the others cost.
RATE = 2000
# Issue 4: what a request may cost more with 500 connections and 200 versions than with one of each.
BAR = 0.15


def main():
    report = Report("scale")
    with contextlib.ExitStack() as stack:
        running = {}
        for count in MODELS:
            running[count] = stack.enter_context(servers.slipway_serve(deployed(report, stack, count))).start("m0")
        ready(running)
        memory = {count: processes.memory(server.pid) for count, server in running.items()}
        figures = measure(report, running)
    show(report, figures, memory)
    return report.finish()


def ready(running):
    """Waits until every server has loaded everything: the first endpoint answers long before the last is there."""
    for server in running.values():
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{server.address}/v2/health/ready"):
                break
            time.sleep(0.05)


def deployed(report, stack, count):
    """A home with one version of the perceptron behind so many endpoints; each has a session of its own."""
    report.say(f"deploys {count}")
    home = stack.enter_context(servers.Home())
    home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
    for number in range(count):
        home.slipway("deploy", "bare:1", "--endpoint", f"m{number}")
    return home


def measure(report, running):
    """Server CPU a request in seconds, by cell, round after round."""
    rounds, seconds = report.pick((5, 3), (2, 1))
    # What start-up left to do ends first.
    time.sleep(2)
    figures = {}
    for number in range(rounds):
        report.say(f"round {number + 1} of {rounds}")
        cells = [(count, connections) for connections in CONNECTIONS for count in MODELS]
        for count, connections in cells if number % 2 == 0 else reversed(cells):
            figures.setdefault((count, connections), []).append(
                one(report, running[count], count, connections, seconds))
    return figures


def one(report, server, count, connections, seconds):
    # The connections are opened, and every buffer has its size, before anything is counted.
    load = Load(
        server.address, "m0", seconds=seconds, connections=connections, rate=RATE, warm_up=0.5, scale=0.0625)
    before, began = processes.fine_cpu_seconds(server.pid), time.perf_counter()
    time.sleep(seconds * 0.8)
    used, took = processes.fine_cpu_seconds(server.pid) - before, time.perf_counter() - began
    figures = load.figures()
    report.fault(faults(figures, f"{count} versions, {connections} connections"))
    return used / (figures["ok"] / figures["seconds"] * took)


def show(report, figures, memory):
    middle = {cell: median(values) for cell, values in figures.items()}
    for (count, connections), cpu in middle.items():
        report.record(versions=count, connections=connections, server_cpu_s=cpu, rate=RATE)
    least = middle[MODELS[0], CONNECTIONS[0]]
    report.table(
        [f"server CPU µs/req at {RATE:,}/s", *(f"{count} version{'s'[:count > 1]}" for count in MODELS), "growth"],
        [
            [
                f"{connections} connection{'s'[:connections > 1]}",
                *(microseconds(middle[count, connections]) for count in MODELS),
                f"{middle[MODELS[-1], connections] / middle[MODELS[0], connections] - 1:+.0%}",
            ]
            for connections in CONNECTIONS
        ] + [[
            "growth", *(f"{middle[count, CONNECTIONS[-1]] / middle[count, CONNECTIONS[0]] - 1:+.0%}" for count in MODELS),
            f"{middle[MODELS[-1], CONNECTIONS[-1]] / least - 1:+.0%}",
        ]])
    growth = middle[MODELS[-1], CONNECTIONS[-1]] / least - 1
    report.note(f"From the first cell to the last: {growth:+.1%}; the bar is {BAR:+.0%}.")
    report.note("Resident: " + ", ".join(
        f"{count} version{'s'[:count > 1]} {megabytes(memory[count].resident)} MB"
        for count in MODELS) + ".")


if __name__ == "__main__":
    sys.exit(main())
