"""What metrics, logs and identity cost of a request, in instructions, which nothing else on the machine disturbs."""

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


def measure(report):
    """The share of each part, and all of them; `None` where the program with its symbols is not at hand."""
    program = ROOT / ".build" / "release" / "slipway"
    if not program.exists():
        report.note("The instruction counts need the program with its symbols, which is not here.")
        return None
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as folder, servers.Home() as home:
        home.slipway("import", servers.DIGITS / "mlp.onnx", "--name", "bare")
        home.slipway("deploy", "bare:1")
        bare = pathlib.Path(folder) / "slipway"
        # Valgrind cannot read what newer compilers say to debuggers.
        subprocess.run(["strip", "--strip-debug", "-o", bare, program], check=True)
        profile = pathlib.Path(folder) / "profile"
        requests = run(report, home, bare, profile)
        total, parts = shares(profile)
    if not parts["metrics"] or not parts["identity"]:
        report.note("Metrics or identity cannot be told apart in the instruction counts: the compiler inlined them.")
        return None
    for name, count in parts.items():
        report.record(part=name, instructions=count / requests, share=count / total)
    sum_of_parts = sum(parts.values()) / total
    report.table(
        ["instructions a request, JSON", "all", *parts, "their share"],
        [["Slipway", *(f"{count / requests:,.0f}" for count in (total, *parts.values())), f"{sum_of_parts:.2%}"]])
    return sum_of_parts


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


def shares(profile):
    """All instructions, and those of each part with what it calls: 0 where the compiler has put it into its caller."""
    own, calls, names = read(profile)
    readable = demangle(names)
    total = sum(own.values())
    parts = {}
    for part, patterns in PARTS.items():
        found = {number for number, name in readable.items() if re.search("|".join(patterns), name)}
        # Counted where they are entered from elsewhere, so that one within another counts once.
        parts[part] = sum(
            count for (caller, callee), count in calls.items() if callee in found and caller not in found)
    return total, parts


def read(profile):
    """Instructions of each function's own, those of each call edge, and the functions' names by number.

    Source: "Callgrind Format Specification" of the Valgrind manual.
    """
    own, calls, names = collections.Counter(), collections.Counter(), {}
    function = callee = None
    is_call = False

    def number(text):
        found = re.match(r"\((\d+)\)(?: (.*))?$", text)
        if found[2] is not None:
            names[found[1]] = found[2]
        return found[1]

    for line in profile.read_text(errors="replace").splitlines():
        if line.startswith("fn="):
            function = number(line[3:])
        elif line.startswith("cfn="):
            callee = number(line[4:])
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            fields = line.split()
            if len(fields) > 1 and is_call:
                calls[function, callee] += int(fields[1])
            elif len(fields) > 1:
                own[function] += int(fields[1])
            is_call = False
    return own, calls, names


def demangle(names):
    text = "\n".join(names.values())
    output = subprocess.run(
        ["swift", "demangle", "-simplified"], input=text, capture_output=True, text=True, check=True).stdout
    return dict(zip(names, output.splitlines()))
