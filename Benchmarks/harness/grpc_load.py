"""Drives a gRPC server with h2load, and checks one answer with an unmodified client where there is one."""

import re
import struct
import subprocess
import tempfile

import numpy as np

from harness.machine import ROOT
from harness.servers import DIGITS

PATH = "inference.GRPCInferenceService/ModelInfer"
CLIENT = ROOT / ".build" / "bench-mlserver" / "bin" / "python3"


def digit_request(model, scale):
    """A ModelInferRequest with the first of the held-out digits, as the wire has it, in gRPC's frame."""
    pixels = np.load(DIGITS / "held-out.npz")["pixels"][:1].astype(np.float32) * np.float32(scale)
    tensor = _text(1, "pixels") + _text(2, "FP32") + _bytes(3, b"\x01\x40")
    message = _text(1, model) + _bytes(5, tensor) + _bytes(6, _text(1, "logits")) + _bytes(7, pixels.tobytes())
    return struct.pack(">BI", 0, len(message)) + message


def _text(number, value):
    return _bytes(number, value.encode())


def _bytes(number, value):
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value):
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def load(address, message, *, connections, seconds):
    """Closed loop, one call at a time on each connection."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        command = [
            "h2load", "-D", seconds, "-c", connections, "-m", 1, "-t", 1, "-d", file.name, "-H",
            "content-type: application/grpc", "-H", "te: trailers", f"http://{address}/{PATH}"]
        output = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
    counts = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded", output)
    seconds_taken, rate = re.search(r"finished in ([\d.]+)(?:s|ms), ([\d.]+) req/s", output).groups()
    done, succeeded = int(counts[2]), int(counts[3])
    data = int(re.search(r"\((\d+)\) data", output)[1])
    # A call that fails ends with trailers only; h2load counts it as answered.
    empty = 0 if done == 0 or data / done >= 40 else done
    return {
        "sent": done, "ok": succeeded - empty, "failed": done - succeeded + empty, "wrong": 0, "messages": [],
        "rate": float(rate), "seconds": float(seconds_taken)}


def answer(address, model, scale):
    """The class that an unmodified client is told for the digit of `digit_request`; `None` where none is installed."""
    if not CLIENT.exists():
        return None
    code = (
        "import sys, numpy as np, tritonclient.grpc as g\n"
        "address, model, scale, path = sys.argv[1:]\n"
        "pixels = np.load(path)['pixels'][:1].astype(np.float32) * np.float32(scale)\n"
        "tensor = g.InferInput('pixels', pixels.shape, 'FP32'); tensor.set_data_from_numpy(pixels)\n"
        "print(g.InferenceServerClient(address).infer(model, [tensor]).as_numpy('logits').argmax())\n")
    return int(subprocess.run(
        [CLIENT, "-c", code, address, model, str(scale), DIGITS / "held-out.npz"], capture_output=True, text=True,
        check=True).stdout)
