"""Writes small SavedModels as TensorFlow makes them, each packed as one zip, and what TensorFlow answers: expected.zip holds
FILE|in|NAME and FILE|out|NAME. Run: pip install -r requirements.txt && python3 generate.py
"""
import io
import os
import shutil
import zipfile

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(11)
random = np.random.default_rng(11)
folder = os.path.dirname(os.path.abspath(__file__))
arrays = {}


def shake(model):
    """Gives every weight a number that matters: biases and moving averages begin as zeros and ones."""
    for weight in model.weights:
        value = random.normal(size=weight.shape) * 0.3
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path or "gamma" in weight.path else value)


def vision():
    return keras.Sequential([
        keras.Input((12, 10, 3), name="image"), layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
        layers.DepthwiseConv2D(3, padding="same", dilation_rate=2), layers.BatchNormalization(), layers.ReLU(6.0),
        layers.MaxPooling2D(2, padding="same"), layers.Flatten(), layers.Dense(4, activation="softmax")])


def steps():
    return keras.Sequential([keras.Input((None, 4), name="steps"), layers.LSTM(5, return_sequences=True),
                             layers.GRU(3), layers.Dense(2)])


class Toolbox(tf.Module):
    def __init__(self):
        self.weights = [tf.Variable(random.normal(size=(6, 6)).astype(np.float32)) for _ in range(2)]

    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32, name="x")])
    def run(self, x):
        size = tf.shape(x)
        pairs = tf.reshape(x, [size[0], 2, -1])
        left, right = tf.split(pairs, 2, axis=1)
        state = tf.matmul(x, self.weights[0]) if tf.reduce_sum(x) > 0 else x * 2.0
        for _ in tf.range(3):
            state = tf.tanh(tf.matmul(state, self.weights[1], transpose_b=True))
        best = tf.math.top_k(x, k=2)
        return {
            "stacked": tf.transpose(tf.stack([left, right], axis=-1), [0, 3, 1, 2]),
            "products": tf.einsum("bij,bkj->bik", pairs, pairs), "state": state, "best": best.values,
            "places": best.indices, "part": x[:, ::-1][:, 1:4][..., tf.newaxis],
            "chosen": tf.where(x > 0, x, tf.exp(x) - 1), "hot": tf.one_hot(tf.argmax(x, axis=1), 6),
            "rest": tf.math.floormod(x, 0.7), "padded": tf.pad(pairs, [[0, 0], [1, 0], [0, 2]], constant_values=2.0),
            "whole": tf.cast(x * 3, tf.int32) // 2, "spread": tf.math.reduce_std(x, axis=1, keepdims=True)}


def note(name, path, inputs):
    """Asks TensorFlow, then packs the folder."""
    answers = tf.saved_model.load(path).signatures["serving_default"](**{k: tf.constant(v) for k, v in inputs.items()})
    for key, value in inputs.items():
        arrays[f"{name}|in|{key}"] = value
    for key, value in answers.items():
        arrays[f"{name}|out|{key}"] = value.numpy()
    with zipfile.ZipFile(os.path.join(folder, name + ".zip"), "w") as archive:
        parts = sorted(os.listdir(os.path.join(path, "variables"))) if os.path.isdir(os.path.join(path, "variables")) else []
        for part in ["saved_model.pb"] + [os.path.join("variables", part) for part in parts]:
            member = zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with open(os.path.join(path, part), "rb") as file:
                archive.writestr(member, file.read(), compresslevel=9)
    shutil.rmtree(path)


def save_arrays(path, arrays):
    """Writes the arrays as an NPZ within a ZIP: many small ones take half the space together."""
    together = io.BytesIO()
    np.savez(together, **arrays)
    member = zipfile.ZipInfo("expected.npz", (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, together.getvalue(), compresslevel=9)


stripped = tf.saved_model.SaveOptions(experimental_debug_stripper=True)
for make, shape in ((vision, (2, 12, 10, 3)), (steps, (2, 5, 4))):
    model = make()
    shake(model)
    path = os.path.join(folder, make.__name__)
    archive = keras.export.ExportArchive()
    archive.track(model)
    # Their own names for what goes in, as callers see them.
    name = "image" if make is vision else "steps"
    spec = tf.TensorSpec((None,) + model.input_shape[1:], tf.float32, name=name)
    archive.add_endpoint("serve", model.__call__, input_signature=[spec])
    archive.write_out(path, options=stripped, verbose=False)
    note(make.__name__, path, {name: random.normal(size=shape).astype(np.float32)})

box = Toolbox()
tf.saved_model.save(box, os.path.join(folder, "toolbox"), signatures=box.run, options=stripped)
note("toolbox", os.path.join(folder, "toolbox"), {"x": random.normal(size=(3, 6)).astype(np.float32)})

old = tf.compat.v1
graph = tf.Graph()
with graph.as_default(), old.Session() as session:
    x = old.placeholder(tf.float32, [None, 4], name="x")
    kernel = old.get_variable("kernel", [4, 3], use_resource=False, initializer=old.random_normal_initializer(seed=1))
    bias = old.get_variable("bias", [3], use_resource=True, initializer=old.random_normal_initializer(seed=2))
    answer = tf.nn.softmax(tf.matmul(x, kernel) + bias)
    session.run(old.global_variables_initializer())
    old.saved_model.simple_save(session, os.path.join(folder, "session"), {"x": x}, {"answer": answer})
note("session", os.path.join(folder, "session"), {"x": random.normal(size=(3, 4)).astype(np.float32)})
save_arrays(os.path.join(folder, "expected.zip"), arrays)
