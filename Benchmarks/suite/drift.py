"""false alarms of the drift rule over a stationary month, small shifts found, what sketches cost"""

import json
import subprocess
import sys

from harness.load import TOOLS
from harness.report import Report
from serving import corridor

# Rows of the reference; the fewer, the more its own chance resembles drift.
REFERENCES = (1000, 5000)
# Rows a second that a server sketches of a version at most, and what a row of the digits has: pixels, scores.
SAMPLED = 1000
VALUES = 64 + 10
# Instructions that take a microsecond at a low rate of one a nanosecond.
MICROSECOND = 1000


def main():
    report = Report("drift")
    windows, runs = report.pick((720, 200), (48, 10))
    rows = []
    for reference in REFERENCES:
        report.say(f"a month against a reference of {reference:,} rows")
        found = json.loads(subprocess.run(
            [TOOLS / "DriftBench", f"--reference={reference}", f"--windows={windows}", f"--runs={runs}"],
            check=True, capture_output=True, text=True).stdout)
        report.record(**found)
        rows.append([
            f"{reference:,} rows", found["windows"], found["windowsThatStoodOut"], found["falseAlarms"],
            f"{found['found']} of {found['runs']}", found["foundWithOthers"], f"{found['nanosecondsPerValue']:.0f}",
            f"{found['bytesPerFeature']:,}", f"{found['judgingSeconds'] * 1e3:.1f}",
        ])
        if found["falseAlarms"] > 1:
            report.fault([f"{found['falseAlarms']} false alarms in a month; at most 1 is promised"])
        if found["found"] < 0.95 * found["runs"]:
            report.fault([f"{found['found']} of {found['runs']} shifts found; 95 % are promised"])
    report.table(
        [
            "reference", "stationary windows", "once beyond the rule", "alarms", "shifts of 0.5 found in 3 windows",
            "with a wrong feature", "ns a value", "bytes a feature", "ms to judge a window",
        ], rows, "100 features; windows of 1,000 rows, of 2,000 with a shift in one feature")
    watching(report, found["nanosecondsPerValue"], found["bytesPerFeature"])
    return report.finish()


def watching(report, nanoseconds, size):
    """What watching costs a server, against what is to be reached."""
    share = nanoseconds * VALUES * SAMPLED / 1e9
    goals = [
        (f"sketches of {VALUES} values, {SAMPLED:,} rows a second: of a processor", "3 %", f"{share:.2%}", share < 0.03),
        ("a feature's sketch, bytes", "12,288", f"{size:,}", size <= 12288),
    ]
    counts = corridor.watching(report)
    if counts is not None:
        report.record(instructions=counts)
        report.table(
            ["instructions, 64 features", "a request in all", "handed over", "remembered for labels", "a row sketched"],
            [["Slipway", *(f"{counts[name]:,.0f}" for name in ("all", "handed over", "remembered", "sketched"))]])
        over = counts["handed over"]
        goals += [
            ("a request handed over, instructions (1 µs at one a nanosecond)", f"{MICROSECOND:,}", f"{over:,.0f}",
             over <= MICROSECOND),
            ("a request handed over asks for memory", "no", "yes" if counts["asks for memory"] else "no",
             not counts["asks for memory"]),
        ]
    report.table(
        ["goal", "at most", "measured", ""],
        [[name, bar, value, "reached" if reached else "missed"] for name, bar, value, reached in goals])
    report.fault([f"{name}: {value}, at most {bar}" for name, bar, value, reached in goals if not reached])


if __name__ == "__main__":
    sys.exit(main())
