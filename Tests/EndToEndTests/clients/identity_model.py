"""Writes an ONNX model that returns its inputs: one input and output for every datatype of the protocol.

    python identity_model.py identity.onnx
"""

import sys

# Open Inference Protocol's name, and ONNX's number.
TYPES = {
    "BOOL": 9, "INT8": 3, "INT16": 5, "INT32": 6, "INT64": 7, "UINT8": 2, "UINT16": 4, "UINT32": 12, "UINT64": 13,
    "FP16": 10, "BF16": 16, "FP32": 1, "FP64": 11, "BYTES": 8,
}


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


def tensor_value(name: str, element_type: int, symbol: str) -> bytes:
    """`ValueInfoProto` of a tensor with one free dimension."""
    shape = nested(1, nested(2, symbol))
    return nested(1, name) + nested(2, nested(1, number(1, element_type) + nested(2, shape)))


def model() -> bytes:
    graph = b""
    for name in TYPES:
        low = name.lower()
        graph += nested(1, nested(1, f"in_{low}") + nested(2, f"out_{low}") + nested(3, low) + nested(4, "Identity"))
    graph += nested(2, "identity")
    for name, element_type in TYPES.items():
        graph += nested(11, tensor_value(f"in_{name.lower()}", element_type, f"n_{name.lower()}"))
    for name, element_type in TYPES.items():
        graph += nested(12, tensor_value(f"out_{name.lower()}", element_type, f"n_{name.lower()}"))
    return number(1, 8) + nested(7, graph) + nested(8, nested(1, "") + number(2, 17))


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(model())
