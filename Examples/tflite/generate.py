"""Writes small TFLite files as TensorFlow's own converter makes them, and what LiteRT answers: expected.zip holds
FILE|in|NAME and FILE|out|NUMBER. Run: pip install -r requirements.txt && python3 generate.py
"""
import io
import zipfile
import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from ai_edge_litert.interpreter import Interpreter
from keras import layers

keras.utils.set_random_seed(11)
random = np.random.default_rng(11)
folder = os.path.dirname(os.path.abspath(__file__))
arrays = {}


def shake(model):
    """Gives every weight a number that matters: biases and moving averages begin as zeros and ones."""
    for weight in model.weights:
        path = getattr(weight, "path", weight.name)
        if "seed" in path:
            continue
        value = random.normal(size=weight.shape) * 0.3
        weight.assign(np.abs(value) + 0.5 if "variance" in path or "gamma" in path else value)


def vision():
    given = keras.Input((12, 10, 3), name="image")
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(given)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(max_value=6.0)(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    y = layers.Conv2D(6, 1)(y)
    x = layers.Add()([x, y])
    x = layers.Activation("hard_swish")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="tanh")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(given, layers.Dense(5, activation="softmax", name="scores")(x))


def segmenter():
    given = keras.Input((8, 8, 2), batch_size=1, name="image")
    x = layers.ZeroPadding2D(((1, 0), (2, 1)))(given)
    x = layers.Conv2D(4, 3, strides=2, activation="elu")(x)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.AveragePooling2D(2, padding="same")(x)
    y = layers.UpSampling2D(2)(layers.PReLU(shared_axes=[1, 2])(layers.Conv2D(3, 2)(given)))
    x = layers.Concatenate()([x, layers.Resizing(*x.shape[1:3])(y)])
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    return keras.Model(given, layers.Conv2D(2, 1, activation="sigmoid", name="mask")(x))


def text():
    given = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(20, 8)(given)
    x = x + layers.MultiHeadAttention(2, 4)(x, x)
    x = layers.LayerNormalization()(x)
    x = x + layers.Dense(8)(layers.Dense(16, activation="gelu")(x))
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(given, [layers.Dense(3, name="topic")(x), layers.Dense(1, activation="sigmoid", name="mood")(x)])


def steps():
    given = keras.Input((3, 4), batch_size=1, name="series")
    x = layers.LSTM(6, return_sequences=True, unroll=True)(given)
    x = layers.GRU(3, unroll=True)(x)
    return keras.Model(given, layers.Dense(2, name="next")(x))


def joined():
    """Of the Keras before 3 the converter knows recurrent layers again, and joins each to one operator."""
    given = tf_keras.Input((4, 3), batch_size=2, name="series")
    x = tf_keras.layers.LSTM(5, return_sequences=True)(given)
    x = tf_keras.layers.LSTM(4)(x)
    return tf_keras.Model(given, tf_keras.layers.Dense(2, name="next")(x))


class Toolbox(tf.Module):
    """Operators that layers do not use."""

    @tf.function(input_signature=[tf.TensorSpec([2, 6, 4], tf.float32, name="x")])
    def run(self, x):
        parts = tf.split(x, [1, 3, 2], axis=1)
        a = tf.concat([parts[2], parts[0]], axis=1)
        best, places = tf.math.top_k(a, 2)
        b = tf.stack([tf.reduce_max(a, axis=1), tf.reduce_sum(a, axis=1, keepdims=False)], axis=1)
        c = tf.where(b > 0.5, tf.math.floormod(b, 0.7), tf.math.squared_difference(b, 1.0))
        d = tf.gather(tf.transpose(x, [1, 0, 2]), [3, 1, 1], axis=0)[::2, :, ::-1]
        e = tf.cast(tf.argmax(x, axis=-1), tf.float32) + tf.cast(tf.reduce_any(x > 1.2, axis=-1), tf.float32)
        f = tf.pad(d, [[0, 1], [1, 0], [2, 2]], constant_values=0.25)
        g = tf.tile(tf.expand_dims(tf.one_hot(tf.argmin(e, -1), 6), 1), [1, 2, 1])
        h = tf.math.rsqrt(tf.abs(x[:, 1, 1:3]) + 1.0) * tf.math.cumsum(x[:, -1, :2], axis=0)
        return {"best": best, "places": places, "c": c, "e": e, "f": f, "g": g, "h": h}


def write(name, data, inputs):
    path = os.path.join(folder, name + ".tflite")
    with open(path, "wb") as file:
        file.write(data)
    runner = Interpreter(path, num_threads=1, experimental_op_resolver_type=reference)
    for detail in runner.get_input_details():
        given = next(iter(inputs.values())) if len(inputs) == 1 else inputs[detail["name"]]
        runner.resize_tensor_input(detail["index"], given.shape)
    runner.allocate_tensors()
    for detail in runner.get_input_details():
        given = next(iter(inputs.values())) if len(inputs) == 1 else inputs[detail["name"]]
        runner.set_tensor(detail["index"], given)
    runner.invoke()
    for key, value in inputs.items():
        arrays[f"{name}|in|{key}"] = value
    for number, detail in enumerate(runner.get_output_details()):
        arrays[f"{name}|out|{number:02}"] = runner.get_tensor(detail["index"])
    print(name, len(data))


from ai_edge_litert.interpreter import OpResolverType


def save_arrays(path, arrays):
    """Writes the arrays as an NPZ within a ZIP: many small ones take half the space together."""
    together = io.BytesIO()
    np.savez(together, **arrays)
    member = zipfile.ZipInfo("expected.npz", (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, together.getvalue(), compresslevel=9)

reference = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
for make, batch in ((vision, 2), (segmenter, 1), (text, 2), (steps, 1), (joined, 2)):
    model = make()
    shake(model)
    name = make.__name__
    shape = (batch,) + tuple(model.inputs[0].shape[1:])
    given = random.integers(0, 20, shape).astype(np.int32) if name == "text" else random.normal(size=shape).astype(np.float32)
    key = model.inputs[0].name

    def converter():
        return tf.lite.TFLiteConverter.from_keras_model(model)

    write(name, converter().convert(), {key: given})
    if name == "vision":
        halves = converter()
        halves.optimizations = [tf.lite.Optimize.DEFAULT]
        halves.target_spec.supported_types = [tf.float16]
        write("vision-fp16", halves.convert(), {key: given})

        def samples():
            for _ in range(40):
                yield [random.normal(size=(1,) + shape[1:]).astype(np.float32)]

        for kind in ("int8", "uint8"):
            whole = converter()
            whole.optimizations = [tf.lite.Optimize.DEFAULT]
            whole.representative_dataset = samples
            whole.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            whole.inference_input_type = whole.inference_output_type = tf.as_dtype(kind)
            data = whole.convert()
            probe = Interpreter(model_content=data)
            scale, zero = probe.get_input_details()[0]["quantization"]
            limits = np.iinfo(kind)
            write(f"vision-{kind}", data,
                  {key: np.clip(np.round(given / scale) + zero, limits.min, limits.max).astype(kind)})

box = Toolbox()
convert = tf.lite.TFLiteConverter.from_concrete_functions([box.run.get_concrete_function()], box)
write("toolbox", convert.convert(), {"x": random.normal(size=(2, 6, 4)).astype(np.float32)})
save_arrays(os.path.join(folder, "expected.zip"), arrays)
