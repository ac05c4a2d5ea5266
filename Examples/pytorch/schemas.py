"""Writes the arguments of the operators of ATen that are rebuilt, from the schemas of the PyTorch at hand.

    python schemas.py ../../Sources/Torch/Operators/OperatorParameters.swift

Which operators there are, the file itself says: it is written again in place, with another PyTorch's schemas.
"""

import re
import sys
import textwrap

import torch

path = sys.argv[1]
head, body = open(path).read().split('"""\n', 1)
names = sorted({line.split()[0] for line in body.split("\n") if re.match(r" {8}\w", line)})
KINDS = {"number": "f", "float": "f", "Optional[number]": "f", "Optional[float]": "f", "Optional[List[float]]": "F",
         "List[float]": "F", "int": "i", "Optional[int]": "i", "bool": "b", "Optional[bool]": "b", "str": "s",
         "Optional[str]": "s"}


def kind(text):
    if "List[Optional[Tensor]]" in text:
        return "o"
    if "List[Tensor]" in text:
        return "L"
    if "Tensor" in text:
        return "T"
    return KINDS.get(text) or ("i" if "List[int]" in text or "SymInt" in text else "o")


lines = []
for name in names:
    packet = getattr(torch.ops.aten, name)
    seen = []
    for overload in packet.overloads():
        arguments = getattr(packet, overload)._schema.arguments
        row = " ".join(f"{'*' if a.kwarg_only else ''}{a.name}:{kind(str(a.type))}" for a in arguments)
        if "out" in overload or "names" in overload.lower() or row in seen or re.match(r"^a:[ifbo] b:", row):
            continue
        seen.append(row)
        first, *rest = textwrap.wrap(f"{name} {row}", 100, break_long_words=False, break_on_hyphens=False)
        lines += [f"        {first}"] + [f"          {line}" for line in rest]
open(path, "w").write(head + '"""\n' + "\n".join(lines) + '\n        """\n}\n')
