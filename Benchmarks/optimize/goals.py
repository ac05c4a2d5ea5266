"""The rows that this project has set itself for the optimiser: what, bar, measured, the rival in the same run, reached or not."""

import dataclasses


@dataclasses.dataclass
class Goal:
    """One row. `measured` and `bar` are numbers of one unit; `least` says in which direction the bar lies."""

    what: str
    bar: float
    measured: float
    unit: str
    least: bool
    rival: str = "–"

    @property
    def reached(self):
        return self.measured >= self.bar if self.least else self.measured <= self.bar


class Goals:
    """Collects rows over the parts of a benchmark."""

    def __init__(self, report):
        self._report = report
        self._rows = []

    def at_least(self, what, bar, measured, unit="", rival="–"):
        self._add(Goal(what, bar, measured, unit, True, rival))

    def at_most(self, what, bar, measured, unit="", rival="–"):
        self._add(Goal(what, bar, measured, unit, False, rival))

    def _add(self, goal):
        self._rows.append(goal)
        self._report.record(goal=goal.what, bar=goal.bar, measured=goal.measured, unit=goal.unit, reached=goal.reached)

    def show(self):
        rows = [
            [
                goal.what, ("≥ " if goal.least else "≤ ") + _number(goal.bar, goal.unit), _number(goal.measured, goal.unit),
                goal.rival, "reached" if goal.reached else "**missed**"]
            for goal in self._rows]
        self._report.table(["goal", "to reach", "measured", "rival, same run", ""], rows)
        missed = sum(not goal.reached for goal in self._rows)
        self._report.note(f"{len(rows) - missed} of {len(rows)} reached.")


def _number(value, unit):
    if unit == "%":
        return f"{value:.2%}"
    if 0 < value < 1e-3:
        return f"{value:.1e}"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 4
    words = f"{value:.{digits}f}"
    return (words.rstrip("0").rstrip(".") if digits else words) + (f" {unit}" if unit not in ("", "x") else unit)
