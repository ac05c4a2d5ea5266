"""Writes custom.tflite: one operator that is its author's own, and one without a rule. Needs tensorflow-cpu 2.21."""
import os

import tensorflow as tf


class Module(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([3, 3], tf.float32, name="x")])
    def run(self, x):
        return {"y": tf.linalg.inv(x), "z": tf.unique(tf.reshape(x, [9]))[0]}


module = Module()
converter = tf.lite.TFLiteConverter.from_concrete_functions([module.run.get_concrete_function()], module)
converter.allow_custom_ops = True
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom.tflite"), "wb") as file:
    file.write(converter.convert())
