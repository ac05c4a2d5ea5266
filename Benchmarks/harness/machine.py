"""Where and when a benchmark ran, and whether it had the machine to itself."""

import os
import pathlib
import platform
import resource
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A share of all processors that others may use without the figures being called those of a busy machine.
QUIET = 0.03


def facts():
    """The processor, the number of them this process may use, memory and system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{_distribution()}, Linux {platform.release()}",
    }


def commit():
    """The commit the sources are at, with a plus when they differ from it."""
    name = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return name + "+" if name and changed else name or "unknown"


class Foreigners:
    """What others use of this machine: in the second before a benchmark begins, and on average while it runs."""

    def __init__(self):
        busy, total = _ticks()
        time.sleep(1)
        self._busy, self._total = _ticks()
        self._own = _own_seconds()
        self.before = (self._busy - busy) / max(1, self._total - total)

    def share(self):
        """The larger of the two, as a share of all processors. Counts those children as ours that have ended."""
        busy, total = _ticks()
        own = (_own_seconds() - self._own) * os.sysconf("SC_CLK_TCK")
        during = (busy - self._busy - own) / max(1, total - self._total)
        return max(self.before, during)


def wake_up_lateness(seconds=1.0, pause=0.0005):
    """By how much a process that only sleeps is woken late on this machine, in seconds: the 99th percentile.

    What no server on the machine can do better than."""
    late = []
    end = time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        time.sleep(pause)
        late.append(time.monotonic() - begun - pause)
    late.sort()
    return late[int(len(late) * 0.99)]


def stolen_seconds():
    """Processor time that the host of a virtual machine has given to others since the start, over all processors."""
    return int(pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def _own_seconds():
    """Processor time of this process and of every descendant that has ended and was waited for."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _ticks():
    user, nice, system, idle, iowait, irq, softirq, steal = map(
        int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    busy = user + nice + system + irq + softirq + steal
    return busy, busy + idle + iowait


def _git(*arguments):
    result = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _distribution():
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"
