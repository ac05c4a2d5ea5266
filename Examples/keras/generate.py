"""Saves small networks with the Keras at hand, as its users would, and writes down what they answer.

    python generate.py FOLDER keras|tf_keras [--h5|--both] [--pack] [NETWORK...]

Run once in an environment of each version (README.md). Writes FOLDER/NETWORK.keras or .h5 (in turn, or both with
--both) and FOLDER/expected.zip: `NETWORK|in|INPUT`, `NETWORK|out|PLACE`. Weights and inputs are seeded; weights are
multiples of a sixteenth. With --pack, archives of Keras are packed again with deflate, so that the repository stays
small; Keras itself stores, and reads both.
"""

import io
import os
import sys
import zipfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from networks import NETWORKS

folder, library, names = sys.argv[1], sys.argv[2], [n for n in sys.argv[3:] if not n.startswith("-")]
k = __import__(library)
three = k.__version__.startswith("3")
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), folder)
os.makedirs(here, exist_ok=True)
arrays = {}


def save_arrays(path, arrays):
    """Writes the arrays as an NPZ within a ZIP: many small ones take half the space together."""
    together = io.BytesIO()
    np.savez(together, **arrays)
    member = zipfile.ZipInfo("expected.npz", (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, together.getvalue(), compresslevel=9)


def seeded(name, model):
    random = np.random.default_rng(zlib.crc32(name.encode()))
    for weight in model.weights:
        # What was found in examples stays: the layer has made constants of it already.
        if weight.name.split(":")[0] in ("count", "mean", "variance") or "seed" in weight.name:
            continue
        kept = np.asarray(weight)
        array = (random.normal(size=kept.shape) * 6).round().astype(np.float32) / 16
        weight.assign(array**2 + 0.5 if "variance" in weight.name else array)


def question(value, name, random):
    shape = [3 if size is None else size for size in value.shape]
    shape[0] = 2
    if name in ("words", "kinds"):
        return random.integers(0, 9, shape).astype(np.float32 if name == "words" else np.int32)
    return (random.normal(size=shape) * 16).round().astype(np.float32) / 8


def packed(path):
    with zipfile.ZipFile(path) as archive:
        members = [(item, archive.read(item)) for item in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for item, content in members:
            archive.writestr(zipfile.ZipInfo(item), content, zipfile.ZIP_DEFLATED)


for name in names or NETWORKS:
    k.backend.clear_session()
    model = NETWORKS[name](k, three)
    seeded(name, model)
    random = np.random.default_rng(zlib.crc32(b"in" + name.encode()))
    inputs = {value.name.split(":")[0]: question(value, value.name, random) for value in model.inputs}
    given = list(inputs.values())
    answers = model(given if len(given) > 1 else given[0], training=False)
    answers = answers if isinstance(answers, (list, tuple)) else [answers]
    for key, value in inputs.items():
        arrays[f"{name}|in|{key}"] = value
    for place, value in enumerate(answers):
        arrays[f"{name}|out|{place:02}"] = np.asarray(value)
    kinds = [".keras", ".h5"] if "--both" in sys.argv else [".h5" if "--h5" in sys.argv else ".keras"]
    for kind in kinds:
        path = os.path.join(here, name + kind)
        model.save(path)
        if kind == ".keras" and "--pack" in sys.argv:
            packed(path)
save_arrays(os.path.join(here, "expected.zip"), arrays)
