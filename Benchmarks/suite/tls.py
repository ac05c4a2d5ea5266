"""what TLS costs a request: CPU of the server and rate of the perceptron, plain and encrypted turn by turn"""

import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile

from harness import processes, servers
from harness.report import Report, median, microseconds, times

CONNECTIONS = 8


def main():
    report = Report("tls")
    with servers.Home() as home, tempfile.TemporaryDirectory() as folder:
        certificate, key = pair(pathlib.Path(folder))
        makers = {
            "plain": servers.slipway_run(home, servers.DIGITS / "mlp.onnx"),
            "TLS 1.3": servers.slipway_run(
                home, servers.DIGITS / "mlp.onnx", "--tls-certificate", certificate, "--tls-key", key),
        }
        with contextlib.ExitStack() as running:
            running.enter_context(makers["plain"].start("mlp"))
            running.enter_context(makers["TLS 1.3"].start_until(is_open))
            measured = rounds(report, home, certificate, makers)
    show(report, measured)
    return report.finish()


def pair(folder):
    """A certificate that vouches for itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True)
    return certificate, key


def is_open(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def rounds(report, home, certificate, running):
    """Seconds of server CPU a request, and requests a second, of every round."""
    found = {name: [] for name in running}
    for number in range(report.pick(7, 2)):
        report.say(f"round {number + 1}")
        for name, server in running.items():
            secure = ["--ca", str(certificate)] if name != "plain" else []
            scheme = "https" if secure else "http"
            before = processes.fine_cpu_seconds(server.pid)
            result = subprocess.run(
                [servers.SLIPWAY, "bench", "mlp", "--server", f"{scheme}://{server.address}", "--connections",
                 str(CONNECTIONS), "--seconds", str(report.pick(4, 1)), "--warm-up", "0", "--json", *secure],
                env=home.environment, capture_output=True, text=True, check=True)
            answered = json.loads(result.stdout)
            used = processes.fine_cpu_seconds(server.pid) - before
            found[name].append((used / answered["ok"], answered["rate"]))
    return found


def show(report, measured):
    reference = median([cpu for cpu, _ in measured["plain"]])
    rows = []
    for name, values in measured.items():
        cpu, rate = median([cpu for cpu, _ in values]), median([rate for _, rate in values])
        report.record(server=name, cpu_s=cpu, rate=rate, connections=CONNECTIONS)
        rows.append([name, microseconds(cpu), times(cpu / reference), f"{rate:,.0f}"])
    report.table(["perceptron, binary, 8 connections", "server CPU a request, µs", "of plain", "requests a second"], rows)


if __name__ == "__main__":
    sys.exit(main())
