"""Drives a server with LoadBench and reads its figures."""

import json
import os
import pathlib
import subprocess

from harness.machine import ROOT
from harness.servers import DIGITS

TOOLS = pathlib.Path(os.environ.get("SLIPWAY_BENCH_TOOLS") or ROOT / ".build" / "release")


class Load:
    """A load under way; its counted part has begun once the constructor returns."""

    def __init__(
        self, address, endpoint, *, seconds, connections=8, rate=None, warm_up=0.2, body="binary", scale=1,
        answers=("mlp.predictions",),
    ):
        command = [
            TOOLS / "LoadBench", "--server", address, "--endpoint", endpoint, "--connections", connections,
            "--rows", f"{DIGITS}/held-out.npz:pixels", "--scale", scale, "--seconds", seconds, "--warm-up", warm_up]
        for array in answers:
            command += ["--answers", f"{DIGITS}/expected.npz:{array}"]
        if rate is not None:
            command += ["--rate", rate]
        if body == "json":
            command.append("--json")
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        first = self._process.stderr.readline()
        if first != "begun\n":
            raise RuntimeError(f"LoadBench failed: {first}{self._process.communicate()[1]}")

    @property
    def is_over(self):
        return self._process.poll() is not None

    def figures(self):
        """Waits for the end. Raises when LoadBench failed; requests that did are in the figures."""
        output, talk = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError(f"LoadBench failed: {talk}")
        figures = json.loads(output)
        figures.update({f"{name}_s": value for name, value in (figures["latency"] or {}).items()})
        return figures


def faults(figures, where):
    """Lines about requests that failed or were answered wrongly; none is the only result that counts."""
    if figures["failed"] == figures["wrong"] == 0 and figures["ok"] > 0:
        return []
    counts = f"{where}: {figures['failed']} failed, {figures['wrong']} wrong, {figures['ok']} right"
    return [counts, *(f"  {message}" for message in figures["messages"][:3])]
