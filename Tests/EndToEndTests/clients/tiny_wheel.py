"""Packs the stand-in for PyTorch as a wheel, with a program and its answers, and prints the line that pins it.

    tiny_wheel.py FOLDER PROGRAM.pt2 EXPECTED.zip NETWORK WEIGHTS.safetensors
"""

import hashlib
import io
import json
import os
import struct
import sys
import zipfile

folder, program, expected, network, weights = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
when = (1980, 1, 1, 0, 0, 0)

with zipfile.ZipFile(expected) as outer:
    arrays = zipfile.ZipFile(io.BytesIO(outer.read(outer.namelist()[0])))
stored = io.BytesIO()
with zipfile.ZipFile(stored, "w") as archive:
    for there, here_name in (("in", "in"), ("out", "out")):
        archive.writestr(zipfile.ZipInfo(here_name + ".npy", when), arrays.read(f"{network}|{there}|00.npy"))
    # Of another shape than the program's, so that it is the first that differs.
    archive.writestr(zipfile.ZipInfo("layer.gelu.npy", when), arrays.read(f"{network}|out|00.npy"))
files = {
    "torch/__init__.py": open(os.path.join(here, "tiny_torch.py"), "rb").read(),
    "torch/stored.pt2": open(program, "rb").read(),
    "torch/stored.npz": stored.getvalue(),
    "torch-0.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: torch\nVersion: 0.1\n",
    "torch-0.1.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = "".join(f"{name},,\n" for name in files) + "torch-0.1.dist-info/RECORD,,\n"
files["torch-0.1.dist-info/RECORD"] = record.encode()
wheel = os.path.join(folder, "torch-0.1-py3-none-any.whl")
with zipfile.ZipFile(wheel, "w") as archive:
    for name, data in files.items():
        archive.writestr(zipfile.ZipInfo(name, when), data)
with open(weights, "wb") as file:
    header = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    file.write(struct.pack("<Q", len(header)) + header + bytes(4))
print("torch==0.1 --hash=sha256:" + hashlib.sha256(open(wheel, "rb").read()).hexdigest())
