"""latency while versions change under a steady load, against the same load without changes; nothing may fail"""

import pathlib
import sys
import time

from harness import servers
from harness.load import Load, faults
from harness.report import Report, median, milliseconds, times

# Every command changes what is served: two versions of the same network that differ in what they compute beside it.
CHANGES = [
    ("deploy", "digits:2"), ("rollback", "digits"), ("deploy", "digits:2", "--canary", "10%"), ("promote", "digits"),
    ("rollback", "digits"), ("rollback", "digits"), ("deploy", "digits:1"),
]
# Seconds from one change to the next. Commands are processes on the same machine: without a pause, they are the load.
PACE = 0.5
# A version is promoted and taken back again, so often.
CYCLES = 50
CYCLE = [("deploy", "digits:2", "--canary", "10%"), ("promote", "digits"), ("rollback", "digits")]


def main():
    report = Report("swap")
    rounds, seconds = report.pick((3, 12.0), (1, 4.0))
    runs = {"quiet": [], "changing": []}
    commands = []
    with servers.Home() as home:
        prepare(home)
        with servers.slipway_serve(home) as server:
            server.start("digits")
            maximum = load(server, seconds=report.pick(3, 1)).figures()["rate"]
            rate = maximum / 2
            report.say(f"the maximum is {maximum:,.0f} requests a second; the load is half of that")
            for number in range(rounds):
                report.say(f"round {number + 1} of {rounds}")
                runs["quiet"].append(load(server, seconds=seconds, rate=rate).figures())
                steady = load(server, seconds=seconds, rate=rate)
                commands += change(home, steady, seconds)
                runs["changing"].append(steady.figures())
            cycles = report.pick(CYCLES, 5)
            report.say(f"{2 * cycles} promotions and rollbacks at the same rate")
            runs[f"{2 * cycles} promotions and rollbacks"] = [hundred(report, home, server, rate, cycles)]
    for kind, figures in runs.items():
        for run in figures:
            report.fault(faults(run, f"{kind} load"))
    show(report, maximum, runs, commands)
    return report.finish()


def prepare(home):
    """digits:1 and digits:2 give the same scores; the second computes no probabilities."""
    home.slipway(
        "import", servers.DIGITS / "mlp.onnx", "--name", "digits", "--processing", servers.DIGITS / "processing.json")
    scale_only = pathlib.Path(home.path) / "scale.json"
    scale_only.write_text('{"pre": [{"input": "pixels", "scale": 0.0625}]}')
    home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "digits", "--processing", scale_only)
    home.slipway("deploy", "digits:1")


def load(server, *, seconds, rate=None):
    return Load(server.address, "digits", seconds=seconds, connections=8, rate=rate, warm_up=0.5)


def change(home, steady, seconds):
    """Carries out a change every half second until the load is about to end; the last cycle is always whole."""
    began = time.monotonic()
    taken = []
    while time.monotonic() < began + seconds * 0.7 and not steady.is_over:
        for words in CHANGES:
            taken.append((words[0], home.slipway(*words)))
            time.sleep(max(0, began + PACE * len(taken) - time.monotonic()))
    return taken


def hundred(report, home, server, rate, cycles):
    """Promotes and rolls back, one command after the other, until all are through; the load ends after them."""
    steady = load(server, seconds=cycles * 1.5 + 2, rate=rate)
    began = time.monotonic()
    for number in range(cycles):
        for words in CYCLE:
            home.slipway(*words)
        if steady.is_over:
            report.fault([f"the load was over after {number} of {cycles} promotions"])
            break
    report.say(f"they took {time.monotonic() - began:.0f} s")
    return steady.figures()


def show(report, maximum, runs, commands):
    rows = []
    keys = ("p50_s", "p90_s", "p99_s", "max_s")
    middle = {kind: {key: median([run[key] for run in figures]) for key in keys} for kind, figures in runs.items()}
    for kind, figures in runs.items():
        sums = {key: sum(run[key] for run in figures) for key in ("ok", "wrong", "failed", "unsent")}
        report.record(kind=kind, maximum_rate=maximum, rounds=len(figures), **sums, **middle[kind])
        rows.append([
            f"{kind}, {sums['ok']:,} answers", sums["failed"], sums["wrong"],
            *(milliseconds(middle[kind][key]) for key in keys)])
    rows.append([
        "ratio of changing to quiet", "", "",
        *(times(middle["changing"][key] / middle["quiet"][key]) for key in keys)])
    report.table(["load", "failed", "wrong", "p50 ms", "p90 ms", "p99 ms", "max ms"], rows)
    verbs = []
    for verb in dict.fromkeys(verb for verb, _ in commands):
        taken = [seconds for name, seconds in commands if name == verb]
        report.record(kind="command", verb=verb, count=len(taken), median_s=median(taken), max_s=max(taken))
        verbs.append([f"slipway {verb}", len(taken), milliseconds(median(taken)), milliseconds(max(taken))])
    report.table(["command, start to exit", "times", "median ms", "max ms"], verbs)


if __name__ == "__main__":
    sys.exit(main())
