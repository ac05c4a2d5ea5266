"""requests a second, latency, CPU and memory of serving a perceptron, against a FastAPI server"""

import sys

from harness import processes, servers
from harness.load import Load, faults
from harness.report import Report, median, megabytes, microseconds, milliseconds, times

# The endpoint, what its answers are checked against, and what clients do to the pixels.
NETWORKS = [("bare", 0.0625, "bare network"), ("digits", 1, "with processing")]
BODIES = ["json", "binary"]
CONNECTIONS = [1, 8, 32]


def main():
    report = Report("serve")
    with servers.Home() as home:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
        home.slipway(
            "import", servers.DIGITS / "mlp.onnx", "--name", "digits",
            "--processing", servers.DIGITS / "processing.json")
        for name in ("bare", "digits"):
            home.slipway("deploy", f"{name}:1")
        with servers.slipway_serve(home) as slipway, servers.fastapi() as rival:
            contestants = [server.start("bare") for server in (slipway, rival)]
            idle = {server.name: processes.memory(server.pid) for server in contestants}
            figures = measure(report, contestants)
            loaded = {server.name: processes.memory(server.pid) for server in contestants}
    show_cells(report, figures)
    show_memory(report, idle, loaded)
    return report.finish()


def measure(report, contestants):
    """Every cell in turn, each server after the other, round after round; all figures by cell and server."""
    cells = [(network, body, count) for network in NETWORKS for body in BODIES for count in CONNECTIONS]
    rounds, seconds = report.pick((3, 1.0), (1, 0.3))
    figures = {}
    for number in range(rounds):
        report.say(f"round {number + 1} of {rounds}")
        for cell in cells:
            # Who comes second finds a warmer machine: turn the order round by round.
            for server in contestants if number % 2 == 0 else reversed(contestants):
                figures.setdefault((cell, server.name), []).append(one(report, server, cell, seconds))
    return figures


def one(report, server, cell, seconds):
    (endpoint, scale, _), body, connections = cell
    before = processes.cpu_seconds(server.pid)
    # No warm-up of its own: CPU is counted over everything that was sent.
    figures = Load(
        server.address, endpoint, seconds=seconds, connections=connections, warm_up=0, body=body, scale=scale,
    ).figures()
    figures["server_cpu_s"] = (processes.cpu_seconds(server.pid) - before) / max(1, figures["sent"])
    report.fault(faults(figures, f"{server.name}, {endpoint}, {body}, {connections} connections"))
    return figures


def show_cells(report, figures):
    rows = []
    for cell in dict.fromkeys(cell for cell, _ in figures):
        (endpoint, _, title), body, connections = cell
        ours, theirs = (
            {key: median([run.get(key, float("nan")) for run in figures[cell, name]])
             for key in ("rate", "p50_s", "p99_s", "max_s", "server_cpu_s", "generator_cpu_s", "seconds")}
            for name in ("Slipway", "FastAPI"))
        for name, values in (("Slipway", ours), ("FastAPI", theirs)):
            report.record(
                server=name, network=endpoint, body=body, connections=connections,
                rounds=len(figures[cell, name]), **values)
        rows.append([
            f"{title}, {body}, {connections}", f"{ours['rate']:,.0f}", f"{theirs['rate']:,.0f}",
            times(ours["rate"] / theirs["rate"]),
            f"{milliseconds(ours['p50_s'])} / {milliseconds(ours['p99_s'])}",
            f"{milliseconds(theirs['p50_s'])} / {milliseconds(theirs['p99_s'])}",
            microseconds(ours["server_cpu_s"]), microseconds(theirs["server_cpu_s"]),
            times(theirs["server_cpu_s"] / ours["server_cpu_s"]),
            f"{ours['generator_cpu_s'] / ours['seconds']:.0%}",
        ])
    report.table(
        [
            "network, body, connections", "Slipway req/s", "FastAPI req/s", "ratio", "Slipway p50 / p99 ms",
            "FastAPI p50 / p99 ms", "Slipway CPU µs/req", "FastAPI CPU µs/req", "ratio", "generator's core (Slipway)",
        ], rows)


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
