"""Quantises a model as a user of ONNX Runtime's own tool would who knows what its engine likes.

usage: python -m rivals.quantizer MODEL OUTPUT DATA.npz METHOD [channel|tensor]

Unsigned activations, signed weights with a scale for each channel: what the engine has the fastest kernels for, and not
what the tool does unless told.
"""

import sys

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

METHODS = {
    "minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy}


class Rows(CalibrationDataReader):
    """One row at a time, from a file that is read as it is asked for."""

    def __init__(self, path):
        arrays = np.load(path)
        self._name = arrays.files[0]
        self._rows = iter(arrays[self._name])

    def get_next(self):
        row = next(self._rows, None)
        return None if row is None else {self._name: row[None]}


def main(model, output, data, method, scales="channel"):
    quantize_static(
        model, output, Rows(data), quant_format=QuantFormat.QDQ, per_channel=scales == "channel", activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8, calibrate_method=METHODS[method])


if __name__ == "__main__":
    main(*sys.argv[1:])
