"""Exports small networks with the PyTorch at hand, as its users would, and writes down what they answer.

    python generate.py FOLDER [--all] [NETWORK...]

Writes FOLDER/NETWORK.pt2 (torch.export); of some, and of more with --all, NETWORK.core.pt2 (the same in Core ATen
operators), NETWORK.pt (torch.jit.trace) and NETWORK.script.pt (torch.jit.script); and FOLDER/expected.zip: what each was asked (`NETWORK|in|PLACE`) and what PyTorch answered (`NETWORK|out|PLACE`). Weights and inputs are seeded;
weights are multiples of a sixteenth. So that the repository stays small, the archives are packed again with deflate
(PyTorch stores, and reads both) and without where in networks.py each call comes from.
"""

import io
import json
import os
import sys
import warnings
import zipfile
import zlib

import numpy as np
import torch

from networks import NETWORKS


def save_arrays(path, arrays):
    """Writes the arrays as an NPZ within a ZIP: many small ones take half the space together."""
    together = io.BytesIO()
    np.savez(together, **arrays)
    member = zipfile.ZipInfo("expected.npz", (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, together.getvalue(), compresslevel=9)

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder, names = sys.argv[1], [name for name in sys.argv[2:] if name != "--all"]
whole = "--all" in sys.argv
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), folder)
os.makedirs(here, exist_ok=True)
CORE = ["convolutional", "block", "upsampling"] if whole else ["convolutional"]
TRACED = ["convolutional", "arithmetic", "shapes"] + (["perceptron", "block", "upsampling"] if whole else [])
SCRIPTED = ["convolutional"] + (["perceptron"] if whole else [])
arrays = {}


def seeded(name, model):
    random = np.random.default_rng(zlib.crc32(name.encode()))
    with torch.no_grad():
        for key, weight in model.state_dict().items():
            if weight.is_floating_point():
                array = (random.normal(size=tuple(weight.shape)) * 6).round().astype(np.float32) / 16
                weight.copy_(torch.from_numpy(array**2 + 0.5 if "running_var" in key else array))
    return model.eval()


def bare(name, content):
    if not name.endswith("models/model.json"):
        return content
    program = json.loads(content)
    for node in program["graph_module"]["graph"]["nodes"]:
        node["metadata"] = {}
    program["graph_module"]["module_call_graph"] = program["graph_module"]["module_call_graph"][:1]
    return json.dumps(program).encode()


def packed(path):
    with zipfile.ZipFile(path) as archive:
        left_out = ("debug_pkl", "traced_inputs.pkl", "traced_inputs/0", "serialization_id")
        members = [(i, bare(i, archive.read(i))) for i in archive.namelist() if not i.endswith(left_out)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for item, content in members:
            archive.writestr(zipfile.ZipInfo(item), content, zipfile.ZIP_DEFLATED)


def flat(value):
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (tuple, list)) else [value]


for name in names or NETWORKS:
    network, questions, axes = NETWORKS[name]
    model = seeded(name, network())
    random = np.random.default_rng(1 + zlib.crc32(name.encode()))
    asked = tuple(torch.from_numpy(question(random)) for question in questions)
    with torch.no_grad():
        answers = flat(model(*asked))
    for place, value in enumerate(asked):
        arrays[f"{name}|in|{place:02}"] = value.numpy()
    for place, value in enumerate(answers):
        arrays[f"{name}|out|{place:02}"] = value.numpy()
    sizes = {}
    dynamic = tuple({a: sizes.setdefault(n, torch.export.Dim(n, min=1, max=16)) for a, n in open.items()} for open in axes)
    try:
        program = torch.export.export(model, asked, dynamic_shapes=dynamic)
    except Exception as error:
        # Some sizes may not be 1 or less than a constant.
        print(name, "again without the least size:", str(error)[:200].replace("\n", " "))
        sizes = {}
        dynamic = tuple({a: sizes.setdefault(n, torch.export.Dim(n)) for a, n in open.items()} for open in axes)
        program = torch.export.export(model, asked, dynamic_shapes=dynamic)
    paths = [os.path.join(here, f"{name}.pt2")]
    torch.export.save(program, paths[0])
    if name in CORE:
        paths.append(os.path.join(here, f"{name}.core.pt2"))
        torch.export.save(program.run_decompositions(), paths[-1])
    if name in TRACED:
        paths.append(os.path.join(here, f"{name}.pt"))
        torch.jit.save(torch.jit.trace(model, asked), paths[-1])
    if name in SCRIPTED:
        paths.append(os.path.join(here, f"{name}.script.pt"))
        torch.jit.save(torch.jit.script(model), paths[-1])
    for path in paths:
        packed(path)
        if path.endswith(".pt2"):
            again = flat(torch.export.load(path).module()(*asked))
            assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(again, answers)), path
    print(name, [os.path.getsize(path) for path in paths], [tuple(a.shape) for a in answers], flush=True)

save_arrays(os.path.join(here, "expected.zip"), arrays)
