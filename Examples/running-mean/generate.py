"""Writes a model that looks back: the mean of all it was given. Needs nothing but Python.

    python generate.py running-mean.onnx

`mean` is `next_sum / next_count`; `next_sum` and `next_count` are the `sum` and `count` of the next request.
"""

import struct
import sys


def varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(result + bytes([value]))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def nested(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def node(kind: str, inputs: list[str], output: str) -> bytes:
    """`NodeProto`."""
    return b"".join(nested(1, name) for name in inputs) + nested(2, output) + nested(4, kind)


def port(name: str) -> bytes:
    """`ValueInfoProto` of FP32 [N, 1]."""
    shape = nested(1, nested(2, "N")) + nested(1, number(1, 1))
    return nested(1, name) + nested(2, nested(1, number(1, 1) + nested(2, shape)))


def model() -> bytes:
    graph = nested(1, node("Add", ["sum", "x"], "next_sum"))
    graph += nested(1, node("Add", ["count", "one"], "next_count"))
    graph += nested(1, node("Div", ["next_sum", "next_count"], "mean"))
    graph += nested(2, "running-mean")
    graph += nested(5, number(1, 1) + number(2, 1) + nested(8, "one") + nested(9, struct.pack("<f", 1)))
    graph += b"".join(nested(11, port(name)) for name in ["x", "count", "sum"])
    graph += b"".join(nested(12, port(name)) for name in ["mean", "next_count", "next_sum"])
    return number(1, 8) + nested(7, graph) + nested(8, nested(1, "") + number(2, 17))


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(model())
