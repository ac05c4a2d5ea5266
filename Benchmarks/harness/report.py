"""What a benchmark says: a Markdown table on standard output, lines of JSON in .build/bench, talk on standard error."""

import datetime
import json
import os
import signal
import statistics
import sys

from harness import machine


class Report:
    """Collects one benchmark's figures and tables; `finish` writes them."""

    def __init__(self, name):
        self.name = name
        # An exit like any other, which ends the servers.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.is_quick = os.environ.get("BENCH_QUICK") == "1"
        self._began = datetime.datetime.now(datetime.timezone.utc)
        self._foreigners = machine.Foreigners()
        self._lines = []
        self._texts = []
        self._faults = []
        if self._foreigners.before > machine.QUIET:
            self.say(f"others use {self._foreigners.before:.0%} of this machine; the figures are marked")

    def pick(self, normal, quick):
        """`normal`, or `quick` under --quick, which is for working on the benchmarks."""
        return quick if self.is_quick else normal

    def say(self, text):
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)

    def record(self, **figures):
        """One line of JSON."""
        self._lines.append(figures)

    def table(self, heads, rows, caption=None):
        """A Markdown table; every column but the first is aligned to the right."""
        lines = ["| " + " | ".join(heads) + " |", "|" + "|".join(["---"] + ["--:"] * (len(heads) - 1)) + "|"]
        lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
        self._texts.append("\n".join(([caption, ""] if caption else []) + lines))

    def note(self, text):
        """A sentence between or after the tables."""
        self._texts.append(text)

    def fault(self, lines):
        """Something that must not happen; the benchmark fails, its figures notwithstanding."""
        self._faults += lines

    def finish(self):
        """Prints, appends, and returns the exit code."""
        facts, commit = machine.facts(), machine.commit()
        busy = self._foreigners.share()
        marks = [f"**busy machine ({busy:.0%} in use by others): do not quote**"] if busy > machine.QUIET else []
        marks += ["**quick run: do not quote**"] if self.is_quick else []
        given = any(os.environ.get(key) for key in ("SLIPWAY_BINARY", "SLIPWAY_BENCH_TOOLS"))
        marks += ["**other programs than those built here: do not quote**"] if given else []
        marks += ["**faults: do not quote**"] if self._faults else []
        title = (
            f"`{self.name}` at {commit}, {self._began:%Y-%m-%d %H:%M} UTC, {facts['processor']}, "
            f"{facts['cores']} cores, {facts['system']}")
        print("\n\n".join([" · ".join([title, *marks]), *self._texts]))
        for line in self._faults:
            self.say(f"FAULT: {line}")
        self._append(facts, commit, busy, given)
        return 1 if self._faults else 0

    def _append(self, facts, commit, busy, given):
        folder = machine.ROOT / ".build" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        common = {
            "benchmark": self.name, "date": self._began.isoformat(timespec="seconds"), "commit": commit,
            "machine": facts, "foreign_load": round(busy, 4), "quick": self.is_quick,
            "given_programs": given,
            "faults": self._faults}
        with open(folder / f"{self.name}.jsonl", "a", encoding="utf-8") as file:
            for line in self._lines:
                file.write(json.dumps({**common, **line}) + "\n")
        self.say(f"{len(self._lines)} lines appended to .build/bench/{self.name}.jsonl")


def median(values):
    return statistics.median(values)


def milliseconds(seconds):
    """Three digits that mean something."""
    return _digits(seconds * 1e3)


def microseconds(seconds):
    return _digits(seconds * 1e6)


def megabytes(count):
    return f"{count / 1e6:.0f}"


def times(ratio):
    """A ratio as people say it."""
    return f"{_digits(ratio)}x"


def _digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
