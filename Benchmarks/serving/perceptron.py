"""The digits perceptron, one image a request, through every protocol."""

import contextlib
import itertools
import json
import pathlib
import subprocess
import typing

import numpy as np

from harness import grpc_load, processes, servers
from harness.load import TOOLS, Load, faults
from harness.machine import stolen_seconds, wake_up_lateness
from harness.report import median, megabytes, microseconds, milliseconds, times

# Clients of the bare network scale the pixels themselves.
NETWORKS = {"bare": ("bare network", 0.0625), "digits": ("with processing", 1)}
FIGURES = ("rate", "p50_s", "p99_s", "max_s", "server_cpu_s", "generator_cpu_s", "seconds")


class Cell(typing.NamedTuple):
    """One way of asking."""

    endpoint: str
    body: str
    connections: int

    def __str__(self):
        return f"{NETWORKS[self.endpoint][0]}, {self.body}, {self.connections}"


CELLS = [
    *itertools.starmap(Cell, itertools.product(["bare"], ["JSON", "binary", "gRPC"], [1, 8, 32])),
    *itertools.starmap(Cell, itertools.product(["digits"], ["JSON", "binary"], [8])),
]


def measure(report):
    """Figures by cell and server, medians over the rounds; what the issue's bars are about is in them."""
    with servers.Home() as home, contextlib.ExitStack() as stack:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
        home.slipway(
            "import", servers.DIGITS / "mlp.onnx", "--name", "digits",
            "--processing", servers.DIGITS / "processing.json")
        for name in ("bare", "digits"):
            home.slipway("deploy", f"{name}:1")
        contestants = start(
            report, stack,
            [servers.slipway_serve(home), servers.fastapi(), servers.mlserver(), servers.triton()])
        idle = {server.name: processes.memory(server.pid) for server in contestants}
        report.fault(check_grpc(contestants[0]))
        figures = rounds(report, contestants)
        loaded = {server.name: processes.memory(server.pid) for server in contestants}
        middle = medians(report, figures)
        openly = open_loop(report, contestants[0], middle)
    names = [server.name for server in contestants]
    show_cells(report, middle, names)
    show_memory(report, idle, loaded)
    return middle, openly


def start(report, stack, wanted):
    """Those that answer. Rivals may not: a package lacks a file for this Python, or the system a library."""
    contestants = []
    for server in filter(None, wanted):
        try:
            contestants.append(stack.enter_context(server).start("digits"))
        except RuntimeError as error:
            if server.name not in ("Triton", "MLServer"):
                raise
            report.say(f"goes on without {server.name}: {error}")
    for name in {"Triton", "MLServer"} - {server.name for server in contestants}:
        report.note(f"{name} could not be installed or started here.")
    return contestants


def speaks(server, cell):
    """Whether a contestant has this form of request."""
    return cell.body == "JSON" or server.name == "Slipway" or (cell.body == "binary" and server.name != "MLServer")


def check_grpc(server):
    """h2load does not look at answers: an unmodified client does, once."""
    found = grpc_load.answer(server.address, "bare", NETWORKS["bare"][1])
    expected = int(np.load(servers.DIGITS / "expected.npz")["mlp.predictions"][0])
    return [] if found in (None, expected) else [f"gRPC answered class {found}, expected {expected}"]


def rounds(report, contestants):
    """Every cell in turn, each server after the other, round after round; all figures by cell and server."""
    count, seconds = report.pick((3, 0.8), (1, 0.3))
    figures = {}
    for number in range(count):
        report.say(f"perceptron: round {number + 1} of {count}")
        for cell in CELLS:
            # Who comes second finds a warmer machine: turn the order round by round.
            for server in contestants[number % len(contestants):] + contestants[:number % len(contestants)]:
                if speaks(server, cell):
                    figures.setdefault((cell, server.name), []).append(one(report, server, cell, seconds))
    return figures


def one(report, server, cell, seconds):
    before = processes.cpu_seconds(server.pid)
    scale = NETWORKS[cell.endpoint][1]
    if cell.body == "gRPC":
        figures = grpc_load.load(
            server.address, grpc_load.digit_request(cell.endpoint, scale), connections=cell.connections,
            seconds=max(1, round(seconds)))
    else:
        # No warm-up of its own: CPU is counted over everything that was sent.
        figures = Load(
            server.address, cell.endpoint, seconds=seconds, connections=cell.connections, warm_up=0,
            body=cell.body.lower(), scale=scale).figures()
    figures["server_cpu_s"] = (processes.cpu_seconds(server.pid) - before) / max(1, figures["sent"])
    report.fault(faults(figures, f"{server.name}, {cell}"))
    return figures


def medians(report, figures):
    middle = {
        where: {key: median([run.get(key, float("nan")) for run in runs]) for key in FIGURES}
        for where, runs in figures.items()}
    for (cell, name), values in middle.items():
        report.record(server=name, **cell._asdict(), rounds=len(figures[cell, name]), **values)
    return middle


def open_loop(report, server, middle):
    """At half of the maximum, requests that come when they are due: the p99, from when each was due."""
    rate = middle[Cell("bare", "JSON", 8), server.name]["rate"] / 2
    runs = []
    for _ in range(report.pick(9, 1)):
        lateness = wake_up_lateness(report.pick(1, 0.1))
        stolen = stolen_seconds()
        figures = Load(
            server.address, "bare", seconds=report.pick(2, 0.5), connections=32, rate=rate, warm_up=0.3, body="json",
            scale=NETWORKS["bare"][1]).figures()
        report.fault(faults(figures, f"open loop at {rate:,.0f} a second"))
        figures["late_share"] = figures["late"] / figures["sent"]
        figures["lateness_s"] = lateness
        figures["stolen_s"] = stolen_seconds() - stolen
        runs.append(figures)
    keys = ("p50_s", "p99_s", "late_share", "lateness_s")
    result = {"rate": rate, **{key: median([run[key] for run in runs]) for key in keys}}
    report.note(
        f"Open loop at {rate:,.0f} a second: p50 {milliseconds(result['p50_s'])} ms, p99 {milliseconds(result['p99_s'])} ms"
        f" (median of the runs); {result['late_share']:.2%} of the requests were sent more than 1 ms after they were due."
        f" A process that only sleeps was woken late by {milliseconds(result['lateness_s'])} ms (p99) between the runs,"
        " with no load. The runs, by the processor time that the host gave to others meanwhile: "
        + ", ".join(
            f"{milliseconds(run['p99_s'])} ({milliseconds(run['stolen_s'])} ms stolen)"
            for run in sorted(runs, key=lambda run: (run["stolen_s"], run["p99_s"]))) + ".")
    report.record(
        server=server.name, body="JSON, open loop", **result,
        runs=[{"p99_s": run["p99_s"], "stolen_s": run["stolen_s"]} for run in runs])
    return result


def engine_seconds():
    """One run with one row through the engine's own C functions."""
    library = next(servers.engines().glob("onnxruntime-*/libonnxruntime.so*"))
    command = [
        pathlib.Path(TOOLS) / "EngineBench", "--model", servers.DIGITS / "mlp.onnx", "--engine", "onnxruntime",
        "--library", library]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["limit_s"]


def show_cells(report, middle, names):
    """Three tables with the same rows: how many, how soon, at what cost. The first name is ours."""
    ours, *rivals = names

    def cell_of(cell, name, key, form):
        return form(middle[cell, name][key]) if (cell, name) in middle else "–"

    def ratio(cell, name, key, inverse=False):
        if (cell, name) not in middle:
            return "–"
        quotient = middle[cell, ours][key] / middle[cell, name][key]
        return times(1 / quotient if inverse else quotient)

    report.table(
        ["network, body, connections", *(f"{name} req/s" for name in names), *(f"{ours} to {name}" for name in rivals)],
        [
            [
                str(cell), *(cell_of(cell, name, "rate", "{:,.0f}".format) for name in names),
                *(ratio(cell, name, "rate") for name in rivals),
            ] for cell in CELLS
        ])
    report.table(
        ["network, body, connections", *(f"{name} p50 / p99 ms" for name in names)],
        [
            [
                str(cell),
                *(" / ".join(cell_of(cell, name, key, milliseconds) for key in ("p50_s", "p99_s")) for name in names),
            ] for cell in CELLS if cell.body != "gRPC"
        ])
    report.table(
        [
            "network, body, connections", *(f"{name} CPU µs/req" for name in names),
            *(f"{name} to {ours}" for name in rivals)],
        [
            [
                str(cell), *(cell_of(cell, name, "server_cpu_s", microseconds) for name in names),
                *(ratio(cell, name, "server_cpu_s", inverse=True) for name in rivals),
            ] for cell in CELLS
        ])


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
