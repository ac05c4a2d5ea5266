"""Writes models that are refused, and one of mixed precision, beside it: python3 generate.py VERSION (of the Keras at hand).

Run with Keras 3.15 (archives) and Keras 2.15 (`lambda.h5` alone)."""

import os
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers as L

here = os.path.dirname(os.path.abspath(__file__))


@keras.saving.register_keras_serializable(package="mine")
class Doubled(L.Layer):
    def call(self, x):
        return x * 2


def save(model, name):
    path = os.path.join(here, name)
    model.save(path)
    if name.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            members = [(item, archive.read(item)) for item in archive.namelist()]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for item, content in members:
                archive.writestr(zipfile.ZipInfo(item), content, zipfile.ZIP_DEFLATED)



if keras.__version__.startswith("2"):
    model = keras.Sequential([keras.Input((3,)), L.Dense(2), L.Lambda(lambda x: x * 2, name="armed")])
    save(model, "lambda.h5")
else:
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    x = L.Dense(2)(a)
    save(keras.Sequential([keras.Input((3,)), L.Dense(2), L.Lambda(lambda x: x * 2, output_shape=(2,), name="armed")]), "lambda.keras")
    words = L.Embedding(9, 4, mask_zero=True, name="words")(b)
    y = L.LSTM(3, name="steps")(words)
    z = Doubled(name="doubled")(x)
    w = L.Dense(2, name="odd", activation="sparsemax")(a)
    save(keras.Model([a, b], [y, z, w]), "refused.keras")
    model = keras.Sequential([keras.Input((3,)), L.Dense(2, dtype="mixed_float16"), L.Dense(1)])
    save(model, "mixed.keras")
    model.save_weights(os.path.join(here, "dense.weights.h5"))
