"""Writes converted models with what their framework answers: NAME.VARIANT.onnx, or NAME.onnx, and one NAME.npz.

The arrays are `CASE.input.POSITION` and `CASE.output.POSITION`, positions as in the graph, and `tolerance`: by how much
of an output's largest magnitude an engine may differ from the framework.
"""

import pathlib
import re
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).parent
# PyTorch's notes on every node are most of a file. Smaller files than this, in bytes, keep theirs.
LARGEST_WITH_NOTES = 8_000


def save_cases(framework, name, cases, tolerance=1e-5):
    """`cases` are pairs of lists of arrays, in the order of the graph's inputs and outputs."""
    arrays = {"tolerance": np.float64(tolerance)}
    for number, (given, answered) in enumerate(cases):
        arrays |= {f"{number}.input.{place}": array for place, array in enumerate(given)}
        arrays |= {f"{number}.output.{place}": array for place, array in enumerate(answered)}
    (FOLDER / framework).mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / framework / f"{name}.npz", **arrays)


def save_model(framework, name, model):
    model = without_paths(model)
    encoded = model.SerializeToString(deterministic=True)
    (FOLDER / framework).mkdir(exist_ok=True)
    (FOLDER / framework / f"{name}.onnx").write_bytes(encoded)
    print(f"{framework}/{name}: {len(encoded)} bytes")


def without_paths(model):
    """The model without this machine's folders, which exporters write into metadata and comments."""
    places = "|".join(re.escape(f"{place}/") for place in [sys.prefix, str(FOLDER)])
    for text in metadata(model):
        text.value = re.sub(places, "", text.value)
    for node in nodes(model.graph):
        if node.doc_string:  # to set it to nothing is to write it
            node.doc_string = re.sub(places, "", node.doc_string)
    if model.ByteSize() > LARGEST_WITH_NOTES:
        for node in nodes(model.graph):
            node.ClearField("metadata_props")
    return model


def metadata(model):
    yield from model.metadata_props
    yield from model.graph.metadata_props
    for node in nodes(model.graph):
        yield from node.metadata_props
    for function in model.functions:
        yield from function.metadata_props
        for node in function.node:
            yield from node.metadata_props


def nodes(graph):
    """The nodes of a graph and of the graphs inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from nodes(inner)
