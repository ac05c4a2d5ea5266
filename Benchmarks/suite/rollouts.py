"""false and true rollbacks over thousands of simulated rollouts, harm against the information floor"""

import json
import math
import subprocess
import sys

from harness.load import TOOLS
from harness.report import Report

ALPHA = 0.01
# Share of false rollbacks that is promised, as an upper confidence bound.
FALSE_ROLLBACKS = 0.01


def upper(events, runs, confidence=0.95):
    """The upper Clopper-Pearson bound of a share, one-sided, by bisection."""
    if events >= runs:
        return 1.0
    low, high = events / runs, 1.0
    for _ in range(60):
        share = (low + high) / 2
        term = total = math.exp(runs * math.log1p(-share))
        for k in range(1, events + 1):
            term *= (runs - k + 1) / k * share / (1 - share)
            total += term
        low, high = (share, high) if total > 1 - confidence else (low, share)
    return high


def floor(ratio):
    """Expected requests harmed before any test of this level can tell, for small shares."""
    return math.log(1 / ALPHA) * (ratio - 1) / (ratio * math.log(ratio) - ratio + 1)


def minutes(value):
    return "" if value is None else f"{value:.1f}"


def main():
    report = Report("rollouts")
    runs, bad = report.pick((5000, 1000), (300, 100))
    report.say(f"{runs} rollouts of each good version, {bad} of each bad one")
    found = json.loads(subprocess.run(
        [TOOLS / "RolloutBench", f"--runs={runs}", f"--bad-runs={bad}"],
        check=True, capture_output=True, text=True).stdout)
    known = {row["name"]: row for row in found}
    for row in found:
        report.record(**row)

    good = [row for row in found if row.get("good")]
    report.table(
        ["version no worse", "rollouts", "rolled back", "at most (95 %)", "promoted", "median, minutes"],
        [[row["name"], row["runs"], row["rolledBack"], f"{upper(row['rolledBack'], row['runs']):.2%}",
          f"{row['promoted'] / row['runs']:.1%}", minutes(row["minutesToPromote"])] for row in good],
        "100 requests a second unless said otherwise, 0.5 % errors; 1, 5, 25 and 50 % for five minutes each")

    worse = []
    for name, ratio in [("always fails, unkeyed", 200), ("always fails, keyed", 200), ("20 times the errors", 20),
                        ("10 times the errors", 10), ("5 times the errors", 5), ("5 times the errors, keyed", 5),
                        ("3 times the errors", 3), ("2 times the errors", 2), ("twice as many slow", None)]:
        row = known[name]
        harm = "" if ratio is None else f"{row['harmed']:.1f}"
        worse.append([
            name, row["runs"], f"{row['rolledBack'] / row['runs']:.1%}", minutes(row["minutesToRollBack"]), harm,
            "" if ratio is None else f"{floor(ratio):.1f}", "" if ratio is None else f"{row['harmed'] / floor(ratio):.1f}",
            f"{row['canaryFailures']:.0f}", f"{row['mostCanaryFailures']:.0f}"])
    report.table(
        ["version that is worse", "rollouts", "rolled back", "median, minutes", "harmed, mean", "floor", "times",
         "failed requests, median", "most"], worse)

    pairs = [row for row in found if "pairs" in row]
    report.table(
        ["answers compared", "rollouts", "rolled back", "pairs, median", "most"],
        [[row["name"], row["runs"], row["rolledBack"], row["pairs"] or "", row["mostPairs"] or ""] for row in pairs])

    bars = []

    def bar(what, value, reached, text):
        bars.append([what, value, text, "reached" if reached else "missed"])
        if not reached:
            report.fault([f"{what}: {text}, to reach: {value}"])

    # Counting by the minute is a choice for few clients; its row tells what it costs, and is no promise.
    promised = [row for row in good if not row["name"].startswith("the same")]
    highest = max(promised, key=lambda row: upper(row["rolledBack"], row["runs"]))
    bound = upper(highest["rolledBack"], highest["runs"])
    bar("false rollbacks, upper bound, worst kind of traffic", "at most 1 %", bound <= FALSE_ROLLBACKS,
        f"{bound:.2%} ({highest['name']})")
    always = known["always fails, unkeyed"]
    bar("a canary that always fails: failed requests, most", "10", always["mostCanaryFailures"] <= 10,
        f"{always['mostCanaryFailures']:.0f}")
    five = known["5 times the errors"]["harmed"] / floor(5)
    bar("5 times the errors: harmed, of the floor", "at most 3.0", five <= 3, f"{five:.1f}")
    usual = known["good, unkeyed"]
    share = usual["promoted"] / usual["runs"]
    bar("good version promoted", "at least 99 %", share >= 0.99, f"{share:.1%}")
    bar("good version promoted: median, minutes", "at most 10", usual["minutesToPromote"] <= 10,
        f"{usual['minutesToPromote']:.1f}")
    permuted = known["permuted labels, at most 5 % may differ"]
    bar("permuted labels: pairs until rolled back, most", "30",
        permuted["rolledBack"] == permuted["runs"] and permuted["mostPairs"] <= 30, f"{permuted['mostPairs']:.0f}")
    within = known["4 % differ, at most 5 % may"]
    share = upper(within["rolledBack"], within["runs"])
    bar("differs within the bound: rolled back, upper bound", "at most 1 %", share <= 0.01, f"{share:.2%}")
    report.table(["goal", "to reach", "measured", ""], bars)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
