"""false alarms of the drift rule over a stationary month, small shifts found, what sketches cost"""

import json
import subprocess
import sys

from harness.load import TOOLS
from harness.report import Report

# Rows of the reference; the fewer, the more its own chance resembles drift.
REFERENCES = (1000, 5000)


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
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
