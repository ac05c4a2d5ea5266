"""What a process and all its descendants cost, read from /proc."""

import dataclasses
import os
import pathlib

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass(frozen=True)
class Memory:
    """Bytes. `resident` counts a page once for each process that maps it, `proportional` once in all."""

    resident: int
    proportional: int


def cores():
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def tree(root):
    """The process with this id and its living descendants."""
    parents = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (fields := _stat(entry.name)):
            parents[int(entry.name)] = int(fields[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root):
    """User and system time of the tree since it began, ended threads and awaited children included; to 10 ms."""
    total = 0
    for pid in tree(root):
        if fields := _stat(pid):
            total += sum(map(int, fields[11:15]))
    return total / _TICK


def fine_cpu_seconds(root):
    """Time on a processor of the tree's living threads, to the nanosecond: for trees that do next to nothing."""
    total = 0
    for pid in tree(root):
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(path.read_text().split()[0])
            except (OSError, IndexError):
                continue
    return total / 1e9


def memory(root):
    """What the tree holds now."""
    resident = proportional = 0
    for pid in tree(root):
        try:
            resident += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (OSError, IndexError):
            continue
        proportional += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return Memory(resident, proportional)


def _stat(pid):
    """The fields of /proc/PID/stat after the name, which may hold spaces; the first is the state."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
