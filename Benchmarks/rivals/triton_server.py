"""Starts Triton's server on the networks of the environment variable NETWORKS, two instances each; nothing but HTTP is
on.

usage: python -m rivals.triton_server PORT DIRECTORY, where the directory, which is made anew, holds the models
"""

import os
import pathlib
import shutil
import sys
import sysconfig

CONFIGURATION = """
backend: "python"
max_batch_size: 0
input [{{ {input} }}]
output [{outputs}]
instance_group [{{ kind: KIND_CPU count: 2 }}]
"""
PIXELS = 'name: "pixels" data_type: TYPE_FP32 dims: [-1, 64]'
LOGITS = '{ name: "logits" data_type: TYPE_FP32 dims: [-1, 10] }'
PROCESSED = (
    f'{LOGITS}, {{ name: "logits_softmax" data_type: TYPE_FP32 dims: [-1, 10] }}, '
    '{ name: "logits_argmax" data_type: TYPE_INT64 dims: [-1] }')
IMAGE = "data_type: TYPE_FP32 dims: [-1, 3, 224, 224]"
TENSORS = {
    "bare": (PIXELS, LOGITS), "digits": (PIXELS, PROCESSED),
    "identity": (f'name: "image" {IMAGE}', f'{{ name: "copy" {IMAGE} }}')}


def main(port, directory):
    root = pathlib.Path(sysconfig.get_path("platlib")) / "pytriton" / "tritonserver"
    folder = pathlib.Path(directory)
    shutil.rmtree(folder, ignore_errors=True)
    backends = make_backend(root, folder / "backends")
    for name in (pair.split("=")[0] for pair in os.environ["NETWORKS"].split(";")):
        inputs, outputs = TENSORS[name]
        version = folder / "models" / name / "1"
        version.mkdir(parents=True)
        shutil.copy(pathlib.Path(__file__).with_name("triton_model.py"), version / "model.py")
        (version.parent / "config.pbtxt").write_text(CONFIGURATION.format(input=inputs, outputs=outputs))
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], sysconfig.get_path("platlib")]),
        # The helper program, moved, no longer finds these by itself.
        "LD_LIBRARY_PATH": str(pathlib.Path(sysconfig.get_path("platlib")) / "nvidia_pytriton.libs"),
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])}
    program = root / "bin" / "tritonserver"
    os.execve(program, [
        str(program), "--model-repository", str(folder / "models"), "--backend-directory", str(backends),
        "--http-address", "127.0.0.1", "--http-port", port, "--allow-grpc", "false", "--allow-metrics", "false",
    ], environment)


def make_backend(root, folder):
    """The Python backend with the helper program for this Python, which the package keeps apart."""
    shutil.copytree(root / "backends" / "python", folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    stub = "triton_python_backend_stub"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(root / "python_backend_stubs" / version / stub, folder / "python" / stub)
    return folder


if __name__ == "__main__":
    main(*sys.argv[1:])
