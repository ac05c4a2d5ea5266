"""What metrics, logs, identity and watching cost of a request, in instructions, which nothing else disturbs."""

import collections
import pathlib
import re
import subprocess
import tempfile

from harness import servers
from harness.load import Load, faults
from harness.machine import ROOT

# Functions of the program, by the ends of their mangled names' readable parts. What they call is theirs.
PARTS = {
    "metrics": [
        r"LoopState\.record\(", r"ArmMetrics\.record\(", r"StageHistograms\.record\(", r"Histogram\.record\(",
        r"MonotonicClock\.now"],
    "identity": [r"HTTPConnection\.authorise\(", r"Identity\.routingKey\.getter", r"RequestID\.accepted"],
    "logs": [r"HTTPConnection\.logAccess\(", r"Logger\.log\("],
}

# What a version that is watched for drift, and remembered for labels, costs beside.
WATCHING = {
    "handed over": [r"InferenceTap\.offer\("],
    "remembered": [r"AnswerMemory\.keep\("],
    "sketched": [r"WatchedVersion\.add\("],
}


def measure(report):
    """The share of each part, and all of them; `None` where the program with its symbols is not at hand."""
    counted = count(report, PARTS)
    if counted is None:
        return None
    requests, total, parts, _ = counted
    if not parts["metrics"] or not parts["identity"]:
        report.note("Metrics or identity cannot be told apart in the instruction counts: the compiler inlined them.")
        return None
    for name, instructions in parts.items():
        report.record(part=name, instructions=instructions / requests, share=instructions / total)
    sum_of_parts = sum(parts.values()) / total
    report.table(
        ["instructions a request, JSON", "all", *parts, "their share"],
        [["Slipway", *(f"{part / requests:,.0f}" for part in (total, *parts.values())), f"{sum_of_parts:.2%}"]])
    return sum_of_parts


def watching(report):
    """Instructions a request: all, handed over, remembered; a row: sketched; whether a hand-over asks for memory.

    `None` where the program with its symbols is not at hand.
    """
    counted = count(report, WATCHING, "--evaluation", servers.DIGITS / "held-out.npz")
    if counted is None:
        return None
    requests, total, parts, profile = counted
    if not all(parts.values()):
        report.note("What watching costs cannot be told apart in the instruction counts: the compiler inlined it.")
        return None
    rows = profile.entries(WATCHING["sketched"])
    return {
        "all": total / requests, "handed over": parts["handed over"] / requests,
        "remembered": parts["remembered"] / requests, "sketched": parts["sketched"] / rows,
        "asks for memory": profile.reaches(WATCHING["handed over"], r"^(malloc|calloc|posix_memalign|aligned_alloc)$"),
    }


def count(report, parts, *importing):
    """Requests, instructions in all, those of each part with what it calls, and the profile."""
    program = ROOT / ".build" / "release" / "slipway"
    if not program.exists():
        report.note("The instruction counts need the program with its symbols, which is not here.")
        return None
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as folder, servers.Home() as home:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare", *importing)
        home.slipway("deploy", "bare:1")
        bare = pathlib.Path(folder) / "slipway"
        # Valgrind cannot read what newer compilers say to debuggers.
        subprocess.run(["strip", "--strip-debug", "-o", bare, program], check=True)
        file = pathlib.Path(folder) / "profile"
        requests = run(report, home, bare, file)
        profile = Profile(file)
    return requests, profile.total, {name: profile.inclusive(patterns) for name, patterns in parts.items()}, profile


def run(report, home, program, profile):
    """Serves under valgrind, counting only while a load of `requests` runs."""
    command = [
        "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={profile}", program, "serve",
        "--worker", "--port", "{port}", "--control-port", "0", "--log", "json"]
    with servers.Server("Slipway under valgrind", command, home.environment) as server:
        report.say("counting instructions")
        server.start("bare")

        def load(seconds):
            figures = Load(server.address, "bare", seconds=seconds, warm_up=0, body="json", scale=0.0625).figures()
            report.fault(faults(figures, "under valgrind"))
            return figures["sent"]

        load(1)
        subprocess.run(["callgrind_control", "-i", "on", str(server.pid)], check=True, capture_output=True)
        sent = load(report.pick(6, 2))
        subprocess.run(["callgrind_control", "-i", "off", str(server.pid)], check=True, capture_output=True)
    return sent


class Profile:
    """Instructions of each function's own, and those of each call edge.

    Source: "Callgrind Format Specification" of the Valgrind manual.
    """

    def __init__(self, file):
        own, self._costs, self._counts, names = collections.Counter(), collections.Counter(), collections.Counter(), {}
        function = callee = None
        calls = 0

        def number(text):
            found = re.match(r"\((\d+)\)(?: (.*))?$", text)
            if found[2] is not None:
                names[found[1]] = found[2]
            return found[1]

        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("fn="):
                function = number(line[3:])
            elif line.startswith("cfn="):
                callee = number(line[4:])
            elif line.startswith("calls="):
                calls = int(line[6:].split()[0])
            elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                fields = line.split()
                if len(fields) > 1 and calls:
                    self._costs[function, callee] += int(fields[1])
                    self._counts[function, callee] += calls
                elif len(fields) > 1:
                    own[function] += int(fields[1])
                calls = 0
        self.total = sum(own.values())
        self._names = demangle(names)

    def _found(self, patterns):
        return {number for number, name in self._names.items() if re.search("|".join(patterns), name)}

    def _entering(self, patterns, counter):
        found = self._found(patterns)
        # Counted where they are entered from elsewhere, so that one within another counts once.
        return sum(value for (caller, callee), value in counter.items() if callee in found and caller not in found)

    def inclusive(self, patterns):
        """Instructions of these functions with what they call; 0 where the compiler has put them into their callers."""
        return self._entering(patterns, self._costs)

    def entries(self, patterns):
        """How often they were entered."""
        return self._entering(patterns, self._counts)

    def reaches(self, patterns, target):
        """Whether any path of calls leads from them to a function of this name; what others call counts as well."""
        reached = frontier = self._found(patterns)
        while frontier:
            frontier = {callee for caller, callee in self._counts if caller in frontier} - reached
            reached = reached | frontier
        return any(re.search(target, self._names.get(number, "")) for number in reached)


def demangle(names):
    text = "\n".join(names.values())
    output = subprocess.run(
        ["swift", "demangle", "-simplified"], input=text, capture_output=True, text=True, check=True).stdout
    return dict(zip(names, output.splitlines()))
