"""requests a second, latency, CPU and memory of serving a perceptron, against FastAPI and Triton"""

import contextlib
import itertools
import sys
import typing

from harness import processes, servers
from harness.load import Load, faults
from harness.report import Report, median, megabytes, microseconds, milliseconds, times

# Clients of the bare network scale the pixels themselves.
NETWORKS = {"bare": ("bare network", 0.0625), "digits": ("with processing", 1)}
BODIES = ["json", "binary"]
CONNECTIONS = [1, 8, 32]


class Cell(typing.NamedTuple):
    """One way of asking."""

    endpoint: str
    body: str
    connections: int

    def __str__(self):
        return f"{NETWORKS[self.endpoint][0]}, {self.body}, {self.connections}"


CELLS = [Cell(*choice) for choice in itertools.product(NETWORKS, BODIES, CONNECTIONS)]


def main():
    report = Report("serve")
    with servers.Home() as home:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
        home.slipway(
            "import", servers.DIGITS / "mlp.onnx", "--name", "digits",
            "--processing", servers.DIGITS / "processing.json")
        for name in ("bare", "digits"):
            home.slipway("deploy", f"{name}:1")
        with contextlib.ExitStack() as stack:
            contestants = start(report, stack, [servers.slipway_serve(home), servers.fastapi(), servers.triton()])
            idle = {server.name: processes.memory(server.pid) for server in contestants}
            figures = measure(report, contestants)
            loaded = {server.name: processes.memory(server.pid) for server in contestants}
    show_cells(report, figures, [server.name for server in contestants])
    show_memory(report, idle, loaded)
    return report.finish()


def start(report, stack, wanted):
    """Those that answer. Triton may not: its package lacks a file for this Python, or the system a library."""
    contestants = []
    for server in filter(None, wanted):
        try:
            contestants.append(stack.enter_context(server).start("digits"))
        except RuntimeError as error:
            if server.name != "Triton":
                raise
            report.say(f"goes on without Triton: {error}")
    if all(server.name != "Triton" for server in contestants):
        report.note("Triton could not be installed or started here.")
    return contestants


def measure(report, contestants):
    """Every cell in turn, each server after the other, round after round; all figures by cell and server."""
    rounds, seconds = report.pick((3, 0.8), (1, 0.3))
    figures = {}
    for number in range(rounds):
        report.say(f"round {number + 1} of {rounds}")
        for cell in CELLS:
            # Who comes second finds a warmer machine: turn the order round by round.
            for server in contestants[number % len(contestants):] + contestants[:number % len(contestants)]:
                figures.setdefault((cell, server.name), []).append(one(report, server, cell, seconds))
    return figures


def one(report, server, cell, seconds):
    before = processes.cpu_seconds(server.pid)
    # No warm-up of its own: CPU is counted over everything that was sent.
    figures = Load(
        server.address, cell.endpoint, seconds=seconds, connections=cell.connections, warm_up=0, body=cell.body,
        scale=NETWORKS[cell.endpoint][1],
    ).figures()
    figures["server_cpu_s"] = (processes.cpu_seconds(server.pid) - before) / max(1, figures["sent"])
    report.fault(faults(figures, f"{server.name}, {cell}"))
    return figures


def show_cells(report, figures, names):
    """Three tables with the same rows: how many, how soon, at what cost. The first name is ours."""
    keys = ("rate", "p50_s", "p99_s", "max_s", "server_cpu_s", "generator_cpu_s", "seconds")
    middle = {
        where: {key: median([run.get(key, float("nan")) for run in runs]) for key in keys}
        for where, runs in figures.items()}
    for (cell, name), values in middle.items():
        report.record(server=name, **cell._asdict(), rounds=len(figures[cell, name]), **values)

    def table(heads, columns):
        report.table(
            ["network, body, connections", *heads],
            [[str(cell), *columns({name: middle[cell, name] for name in names})] for cell in CELLS])

    ours, *rivals = names
    table(
        [*(f"{name} req/s" for name in names), *(f"{ours} to {name}" for name in rivals)],
        lambda of: [
            *(f"{of[name]['rate']:,.0f}" for name in names),
            *(times(of[ours]["rate"] / of[name]["rate"]) for name in rivals)])
    table(
        [f"{name} p50 / p99 ms" for name in names],
        lambda of: [f"{milliseconds(of[name]['p50_s'])} / {milliseconds(of[name]['p99_s'])}" for name in names])
    table(
        [
            *(f"{name} CPU µs/req" for name in names), *(f"{name} to {ours}" for name in rivals),
            "load generator's core"],
        lambda of: [
            *(microseconds(of[name]["server_cpu_s"]) for name in names),
            *(times(of[name]["server_cpu_s"] / of[ours]["server_cpu_s"]) for name in rivals),
            f"{of[ours]['generator_cpu_s'] / of[ours]['seconds']:.0%}"])


def show_memory(report, idle, loaded):
    for name in idle:
        report.record(
            server=name, idle_resident=idle[name].resident, idle_proportional=idle[name].proportional,
            loaded_resident=loaded[name].resident, loaded_proportional=loaded[name].proportional)
    report.table(
        ["MB, both networks loaded", "idle", "after the load", "idle, shared pages once", "after, shared pages once"],
        [
            [
                name, megabytes(idle[name].resident), megabytes(loaded[name].resident),
                megabytes(idle[name].proportional), megabytes(loaded[name].proportional),
            ]
            for name in idle
        ])


if __name__ == "__main__":
    sys.exit(main())
