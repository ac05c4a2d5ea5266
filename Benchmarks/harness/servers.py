"""Starts and stops the servers that are measured, and knows when one answers."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness.machine import ROOT

DIGITS = ROOT / "Examples" / "digits"
SLIPWAY = pathlib.Path(os.environ.get("SLIPWAY_BINARY") or ROOT / ".build" / "slipway" / "slipway")


def engines():
    """The directory that engines are in, by the rules of scripts/fetch-engines."""
    if path := os.environ.get("SLIPWAY_ENGINES"):
        return pathlib.Path(path)
    if path := os.environ.get("SLIPWAY_HOME"):
        return pathlib.Path(path) / "engines"
    data = os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local" / "share"
    return pathlib.Path(data) / "slipway" / "engines"


class Home:
    """A Slipway home of a benchmark's own; gone afterwards."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="slipway-bench.")
        self.environment = {
            **os.environ, "SLIPWAY_HOME": self.path, "SLIPWAY_ENGINES": str(engines()), "NO_COLOR": "1"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def slipway(self, *arguments):
        """Runs `slipway …` in this home and returns the seconds it took; raises with its words if it fails."""
        began = time.perf_counter()
        result = subprocess.run(
            [SLIPWAY, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"slipway {' '.join(map(str, arguments))} failed:\n{result.stderr}{result.stdout}")
        return time.perf_counter() - began


class Server:
    """A server process on a free port of the loopback interface; leaving the `with` block ends it."""

    def __init__(self, name, command, environment):
        self.name = name
        self._command = command
        self._environment = environment
        self._process = None
        self._log = None
        self.port = 0
        self.seconds_to_answer = None

    @property
    def pid(self):
        return self._process.pid

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self, endpoint):
        """Starts it and waits for the first right answer of `endpoint`; `seconds_to_answer` has how long that took."""
        return self.start_until(lambda port: _answers(port, endpoint))

    def start_until(self, is_up):
        """Starts it and waits until `is_up(port)`, which is asked every 2 ms."""
        self.port = _free_port()
        command = [str(word).replace("{port}", str(self.port)) for word in self._command]
        self._log = tempfile.TemporaryFile()
        began = time.perf_counter()
        self._process = subprocess.Popen(
            command, env=self._environment, cwd=ROOT / "Benchmarks", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self._log)
        while not is_up(self.port):
            if self._process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{self.name} does not answer:\n{self.log()}")
            time.sleep(0.002)
        self.seconds_to_answer = time.perf_counter() - began
        return self

    def log(self):
        """What it has written to standard error."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            print(f"bench: {self.name} did not end within 30 s of SIGTERM", file=sys.stderr)
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def slipway_serve(home):
    """Everything that is deployed in this home."""
    command = [SLIPWAY, "serve", "--port", "{port}", "--control-port", "0", "--log", "json"]
    return Server("Slipway", command, home.environment)


def slipway_run(home, model, *options):
    """One file, from a home that `run` makes for itself."""
    environment = {**home.environment}
    del environment["SLIPWAY_HOME"]
    command = [SLIPWAY, "run", model, "--port", "{port}", "--log", "json", *options]
    return Server("Slipway run", command, environment)


DIGIT_NETWORKS = {"bare": DIGITS / "mlp.onnx", "digits": DIGITS / "mlp.onnx"}


def fastapi(workers=2, networks=DIGIT_NETWORKS):
    """The server of rivals/fastapi_server.py, with the fastest event loop and parser it can have."""
    command = [
        sys.executable, "-m", "uvicorn", "rivals.fastapi_server:app", "--workers", workers, "--host", "127.0.0.1",
        "--port", "{port}", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return Server("FastAPI", command, _rival_environment(networks))


def triton(networks=DIGIT_NETWORKS):
    """Triton with its Python backend, where scripts/bench could install it; else `None`."""
    python = ROOT / ".build" / "bench-triton" / "bin" / "python3"
    if not python.exists():
        return None
    folder = ROOT / ".build" / "bench" / "triton"
    return Server("Triton", [python, "-m", "rivals.triton_server", "{port}", folder], _rival_environment(networks))


def mlserver(networks=DIGIT_NETWORKS):
    """MLServer with a runtime class of its user's, where scripts/bench could install it; else `None`."""
    python = ROOT / ".build" / "bench-mlserver" / "bin" / "python3"
    if not python.exists():
        return None
    folder = ROOT / ".build" / "bench" / "mlserver"
    return Server("MLServer", [python, "-m", "rivals.mlserver_server", "{port}", folder], _rival_environment(networks))


def is_ready(port):
    """Whether the server says that all of its models can be used."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/v2/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _rival_environment(networks):
    return {**os.environ, "NETWORKS": ";".join(f"{name}={path}" for name, path in networks.items())}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port, endpoint):
    """Whether the endpoint gives the sample's scores; both networks have ten."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(
            "POST", f"/v2/models/{endpoint}/infer", (DIGITS / "sample.json").read_bytes(),
            {"content-type": "application/json"})
        reply = connection.getresponse()
        body = reply.read()
        return reply.status == 200 and json.loads(body)["outputs"][0]["shape"] == [1, 10]
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
