"""Runs the example programs of Triton's client repository, unmodified, against a server of ours.

    python triton_examples.py FOLDER [--binary .build/slipway/slipway]

FOLDER is `src/python/examples` of a clone of that repository. The models that the examples speak to are made here, a
server is started in a home of its own, and each example is one line: passed, or how it ended. Exits 1 when one failed. Needs `onnx` and
`tritonclient[all]`.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[3]
HTTP = """health_metadata infer_client async_infer_client aio_infer_client shm_client shm_string_client
    string_infer_client sequence_sync_infer_client model_control"""
GRPC = HTTP + " keepalive_client custom_args_client sequence_stream_infer_client aio_sequence_stream_infer_client"
EXAMPLES = [f"simple_http_{name}" for name in HTTP.split()] + [f"simple_grpc_{name}" for name in GRPC.split()] + [
    "grpc_explicit_int_content_client", "grpc_explicit_int8_content_client", "grpc_explicit_byte_content_client",
    "reuse_infer_objects_client"]


def save(folder, name, nodes, inputs, outputs, constants=()):
    values = [[helper.make_tensor_value_info(*value) for value in values] for values in (inputs, outputs)]
    graph = helper.make_graph(nodes, name, *values, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, folder / f"{name}.onnx")


def sums(folder, name, kind):
    """Two inputs of sixteen; their sum and their difference, computed as 32-bit integers."""
    cast = [helper.make_node("Cast", [f"INPUT{i}"], [f"whole{i}"], to=TensorProto.INT32) for i in range(2)]
    work = [helper.make_node("Add", ["whole0", "whole1"], ["sum"]), helper.make_node("Sub", ["whole0", "whole1"], ["rest"])]
    back = [helper.make_node("Cast", [value], [f"OUTPUT{i}"], to=kind) for i, value in enumerate(["sum", "rest"])]
    shape = ["batch", 16]
    save(
        folder, name, cast + work + back, [(f"INPUT{i}", kind, shape) for i in range(2)],
        [(f"OUTPUT{i}", kind, shape) for i in range(2)])


def identity(folder, name, kind):
    save(
        folder, name, [helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])], [("INPUT0", kind, ["batch", "n"])],
        [("OUTPUT0", kind, ["batch", "n"])])


def sequence(folder, name):
    """Adds its state, which is `first` at the beginning and zero afterwards, as the examples' backends do."""
    nodes = [helper.make_node("Add", ["INPUT", "STATE"], ["OUTPUT"]), helper.make_node("Mul", ["STATE", "zero"], ["STATE_OUT"])]
    save(
        folder, name, nodes, [(value, TensorProto.INT32, ["batch", 1]) for value in ("INPUT", "STATE")],
        [(value, TensorProto.INT32, ["batch", 1]) for value in ("OUTPUT", "STATE_OUT")],
        [numpy_helper.from_array(numpy.zeros(1, numpy.int32), "zero")])


def models(folder):
    sums(folder, "simple", TensorProto.INT32)
    sums(folder, "simple_int8", TensorProto.INT8)
    sums(folder, "simple_string", TensorProto.STRING)
    identity(folder, "simple_identity", TensorProto.STRING)
    identity(folder, "custom_identity_int32", TensorProto.INT32)
    sequence(folder, "simple_sequence")
    sequence(folder, "simple_dyna_sequence")
    return sorted(folder.glob("*.onnx"))


class Server:
    """A server in a home of its own, with the models deployed; gone with its home at the end."""

    def __init__(self, binary, home):
        self.binary = binary
        engines = os.environ.get("SLIPWAY_ENGINES", str(pathlib.Path.home() / ".local/share/slipway/engines"))
        self.environment = {**os.environ, "SLIPWAY_HOME": home, "SLIPWAY_ENGINES": engines}

    def __enter__(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in models(pathlib.Path(folder)):
                state = ["--state", "STATE_OUT=STATE", "--state-initial", "STATE=1"] if "sequence" in path.stem else []
                self.run("import", str(path), "--name", path.stem, *state)
                self.run("deploy", f"{path.stem}:1")
            identity(pathlib.Path(folder), "eighth", TensorProto.FLOAT)
            self.eighth = (pathlib.Path(folder) / "eighth.onnx").read_bytes()
        self.process = subprocess.Popen(
            [
                self.binary, "serve", "--port", "0", "--control-port", "0", "--model-control", "explicit", "--server-name", "triton",
                "--shared-memory-prefix", "input", "--shared-memory-prefix", "output",
            ], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"ready on http://(\S+?),", line):
                self.address = found[1]
                break
        else:
            raise SystemExit("the server ended before it was ready")
        self.run("status", "--wait", "30")
        return self

    def run(self, *arguments):
        subprocess.run([self.binary, *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def prepare(self, example):
        """The repository as an example wants it: it counts seven models over HTTP, eight over gRPC, and takes one out."""
        if example == "simple_grpc_model_control":
            with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
                file.write(self.eighth)
                file.flush()
                self.run("import", file.name, "--name", "eighth")
        elif "model_control" not in example:
            self.run("deploy", "simple:1")
            self.run("status", "--wait", "30")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=60)


def outcome(folder, example, address):
    """Whether an example passed, and its last words."""
    try:
        done = subprocess.run(
            [sys.executable, f"{example}.py", "-u", address], cwd=folder, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return False, "no end within a minute"
    words = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, words[-1] if words else f"exit status {done.returncode}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--binary", default=str(ROOT / ".build/slipway/slipway"))
    flags = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="slipway-examples.") as home, Server(flags.binary, home) as server:
        for example in EXAMPLES:
            server.prepare(example)
            passed, words = outcome(flags.folder, example, server.address)
            print(f"{'passed' if passed else 'FAILED':6} {example}: {words}", flush=True)
            failed += [] if passed else [example]
    print(f"{len(EXAMPLES) - len(failed)} of {len(EXAMPLES)} example programs passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
