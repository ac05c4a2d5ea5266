"""speed, latency, CPU and memory of serving, against FastAPI, MLServer and Triton, and against the engine"""

import sys

from harness.report import Report, megabytes, microseconds, milliseconds
from serving import corridor, footprint, perceptron, pictures


def main():
    report = Report("serving")
    pictures.make(report)
    middle, openly = perceptron.measure(report)
    engine = perceptron.engine_seconds()
    copies = pictures.identity(report)
    networks = pictures.resnet50(report)
    ready, memory = footprint.measure(report)
    overhead = corridor.measure(report)
    goals(report, middle, openly, engine, copies, networks, ready, memory, overhead)
    return report.finish()


def goals(report, middle, openly, engine, copies, networks, ready, memory, overhead):
    """What is to be reached, and whether it is."""
    ours, theirs = ("Slipway", "FastAPI")

    def cpu(body, connections=8):
        return middle[perceptron.Cell("bare", body, connections), ours]["server_cpu_s"]

    def rate(connections, name):
        return middle[perceptron.Cell("bare", "JSON", connections), name]["rate"]

    json_rival = middle[perceptron.Cell("bare", "JSON", 8), theirs]["server_cpu_s"]
    above = middle[perceptron.Cell("bare", "binary", 1), ours]["p50_s"] - engine

    def copy(body):
        return copies[body, ours]["server_cpu_s"] / copies[body, theirs]["server_cpu_s"]

    rows = [
        ("perceptron, JSON: CPU a request, of FastAPI's", cpu("JSON") / json_rival, 0.19, "{:.3f}".format),
        ("perceptron, JSON, 8 connections: FastAPI's rate, times", -rate(8, ours) / rate(8, theirs), -5, _positive),
        ("perceptron, JSON, 32 connections: FastAPI's rate, times", -rate(32, ours) / rate(32, theirs), -5, _positive),
        ("perceptron, binary: CPU a request, of FastAPI's JSON", cpu("binary") / json_rival, 0.17, "{:.3f}".format),
        ("perceptron, gRPC: CPU a call, of FastAPI's JSON", cpu("gRPC") / json_rival, 0.27, "{:.3f}".format),
        ("perceptron, 1 connection: p50 above the engine's own run, µs", above, 80e-6, microseconds),
        ("perceptron, open loop at half the maximum: p99, ms", openly["p99_s"], 1e-3, milliseconds),
        ("identity, binary: CPU a request, of FastAPI's", copy("binary"), 0.5, "{:.3f}".format),
        ("identity, JSON: CPU a request, of FastAPI's", copy("JSON"), 0.6, "{:.3f}".format),
        ("ResNet-50: share of the engine's rate in process", -networks["server"] / networks["engine"], -0.97, _percent),
        ("three models: ready after start, ms", ready, 0.4, milliseconds),
        ("three models: resident in all, MB", memory.resident, 220e6, megabytes),
    ]
    if overhead is not None:
        rows.append(("metrics, logs, identity: share of instructions", overhead, 0.02, "{:.2%}".format))
    report.table(
        ["goal", "to reach", "measured", ""],
        [[name, form(bar), form(value), "reached" if value <= bar else "missed"] for name, value, bar, form in rows])
    for name, value, bar, _ in rows:
        report.record(goal=name, value=abs(value), bar=abs(bar), reached=value <= bar)


def _positive(value):
    return f"{-value:.1f}"


def _percent(value):
    return f"{-value:.1%}"


if __name__ == "__main__":
    sys.exit(main())
