"""Makes PyTorch's and safetensors' files beside this script. Made with torch 2.13.0, numpy 2.4.6 and safetensors 0.6.2 on
Python 3.11."""

import os
import pickle

import numpy as np
import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


torch.manual_seed(1)
base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
state = {
    "layer.weight": base, "layer.turned": base.t(), "layer.part": base[1:, 1:3], "layer.bias": torch.zeros(3),
    "half": torch.ones(2, 2, dtype=torch.bfloat16), "count": torch.tensor(7), "wide": torch.zeros(1).expand(5, 2),
    "parameter": torch.nn.Parameter(torch.ones(2)), "empty": torch.zeros(0, 3),
}
torch.save(state, path("state.pt"))
torch.save(state, path("legacy.pt"), _use_new_zipfile_serialization=False)
torch.save({"model": state, "epoch": 3, "optimizer": {"state": {0: {"step": 5, "exp": torch.ones(2)}}}}, path("checkpoint.pt"))
# A whole module: its class is code that only its owner has.
torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), path("module.pt"))
save_file({"a": torch.ones(2, 3), "b": torch.zeros(4, dtype=torch.float16)}, path("weights.safetensors"), {"format": "pt"})


class Canary:
    """Loading it touches a file: the file must never appear."""

    def __reduce__(self):
        return os.system, ("touch /tmp/slipway-canary",)


np.save(path("canary.npy"), np.array([Canary()], dtype=object), allow_pickle=True)
np.savez_compressed(path("canary.npz"), plain=np.ones(2), armed=np.array([Canary()], dtype=object))
torch.save({"weight": torch.ones(1), "armed": Canary()}, path("canary.pt"))
for version in range(6):
    with open(path(f"canary-{version}.pkl"), "wb") as file:
        pickle.dump({"a": [Canary()]}, file, protocol=version)
