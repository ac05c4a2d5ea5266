"""the optimiser against its goals, row by row: int8, passes, pruning, a transformer; against onnxruntime.quantization"""

import sys

import onnxruntime

from harness.report import Report
from optimize import digits, networks, static
from optimize.goals import Goals
from optimize.tools import FOLDER
from suite import transformer


def main():
    report = Report("optimize")
    goals = Goals(report)
    onnxruntime.set_default_logger_severity(3)
    FOLDER.mkdir(parents=True, exist_ok=True)
    static.measure(report, goals)
    static.stream(report, goals)
    transformer.measure(report, goals, ["int8-dynamic"], profile=True)
    digits.hostile(report, goals)
    networks.passes(report, goals)
    digits.pruned(report, goals)
    networks.folding(report, goals)
    goals.show()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
