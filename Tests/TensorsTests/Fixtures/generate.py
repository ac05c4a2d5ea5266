"""Writes the NPY and NPZ files that the tests read. Needs NumPy 2; run it here: python3 generate.py"""

import io
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def save(name, array, version=(1, 0)):
    with open(HERE / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=True)


def counted(dtype, shape=(2, 3)):
    """0, 1, 2, … in row-major order."""
    return np.arange(int(np.prod(shape))).astype(dtype).reshape(shape)


for code in NUMBERS:
    save(f"little_{code}", counted("<" + code))
    save(f"big_{code}", counted(">" + code))
save("bool", np.array([[True, False, True], [False, False, True]]))
save("fortran_f4", np.asfortranarray(counted("<f4", (2, 3, 4))))
save("fortran_big_i2", np.asfortranarray(counted(">i2", (2, 3, 4))))
save("fortran_unicode", np.asfortranarray(np.array([["a", "b"], ["c", "d"]])))
save("scalar_f8", np.array(1.5))
save("empty_f4", np.zeros((0, 3), "<f4"))
save("version2_f4", counted("<f4"), version=(2, 0))
save("version3_f4", counted("<f4"), version=(3, 0))
save("bytes", np.array([b"ab", b"", b"\xff\x00c"]))
save("unicode", np.array(["é", "", "名前", "🚢 x"]))
save("unicode_big", np.array(["é", "", "名前", "🚢 x"]).astype(">U4"))
save("refused_object", np.array([None, 1], dtype=object))
save("refused_structured", np.zeros(2, dtype=[("a", "<f4")]))
save("refused_date", np.zeros(2, dtype="M8[s]"))
save("refused_long_double", np.zeros(2, dtype="g"))

arrays = {"x": counted("<f4"), "labels": np.array([1, 0], "<i8"), "größe": np.array(["a", "bc"])}
np.savez(HERE / "stored.npz", **arrays)
np.savez_compressed(HERE / "compressed.npz", zeros=np.zeros(5000, "<f4"), **arrays)
np.savez(HERE / "empty.npz")


class Unseekable(io.RawIOBase):
    """Makes zipfile put sizes and checksums behind the data instead of in the local header."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


with open(HERE / "streamed.npz", "wb") as file:
    with zipfile.ZipFile(Unseekable(file), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(HERE / "little_f4.npy", "x.npy")
with zipfile.ZipFile(HERE / "refused_parent.npz", "w") as archive:
    archive.write(HERE / "little_f4.npy", "../x.npy")
with zipfile.ZipFile(HERE / "refused_text.npz", "w") as archive:
    archive.writestr("readme.txt", "hello")
with zipfile.ZipFile(HERE / "refused_bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
    archive.write(HERE / "little_f4.npy", "x.npy")
