"""Writes the small HDF5 files beside it, with h5py 3.14 (HDF5 1.14): python3 generate.py"""

import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
count = np.arange(5 * 7 * 3, dtype=np.float32).reshape(5, 7, 3)


def file(name, **options):
    return h5py.File(os.path.join(here, name), "w", **options)


with file("types.h5") as f:
    for kind in ["<f2", "<f4", ">f4", "<f8", ">f8", "|i1", "|u1", "<i2", ">u2", "<i4", "<u4", "<i8", ">u8"]:
        f[kind[1:] + ("_big" if kind[0] == ">" else "")] = np.array([[0, 1, 2], [3, 100, 7]], dtype=kind)
    f["single"] = np.float32(2.5)
    f["empty"] = np.zeros((0, 4), np.float32)

with file("chunks.h5") as f:
    f.create_dataset("plain", data=count, chunks=(2, 3, 2))
    f.create_dataset("packed", data=count, chunks=(2, 4, 3), compression="gzip")
    f.create_dataset("shuffled", data=count, chunks=(3, 2, 3), compression="gzip", shuffle=True)
    f.create_dataset("line", data=np.arange(1000, dtype=np.int16), chunks=(64,), compression="gzip")

with file("attributes.h5") as f:
    f.attrs["word"] = "Grüße"
    f.attrs["fixed"] = np.bytes_("fixed")
    f.attrs["words"] = ["one", "three", ""]
    f.attrs["fixed_words"] = np.array([b"one", b"three"])
    f.attrs["long"] = "x" * 9_000
    f.attrs["none"] = np.array([], dtype=np.float64)
    for number in range(40):
        f.attrs[f"number{number}"] = f"text {number}"

with file("groups.h5") as f:
    f.create_group("one")
    f["one/value"] = np.float32([1, 2])
    # More than one node of a tree holds; all are the same group.
    for number in range(300):
        f[f"outer/group {number}"] = f["one"]

with file("newer.h5", libver="latest") as f:
    f["group/value"] = count
    f["group"].attrs["word"] = "new"
    f.create_group("other")

with file("refused.h5") as f:
    f.create_dataset("lzf", data=count, chunks=(5, 7, 3), compression="lzf")
    f.create_dataset("fletcher", data=count, chunks=(5, 7, 3), fletcher32=True)
    f["compound"] = np.zeros(3, dtype=[("a", "<f4"), ("b", "<i4")])
    f.create_dataset("holes", shape=(100,), chunks=(10,), dtype="f4")[:10] = 1
    f.create_dataset("never", shape=(100,), dtype="f4")

with file("links.h5") as f:
    f["value"] = count
    f["soft"] = h5py.SoftLink("/value")

with file("dense.h5", libver="latest") as f:
    for number in range(20):
        f.create_group(f"group {number}")

with file("circle.h5") as f:
    f.create_group("a")
    f["a/again"] = f["a"]
