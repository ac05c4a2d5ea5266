"""Starts MLServer on the networks of the environment variable NETWORKS, in its own process, without metrics.

usage: python -m rivals.mlserver_server PORT DIRECTORY, where the directory, which is made anew, holds the settings
"""

import json
import os
import pathlib
import shutil
import socket
import sys


def main(port, directory):
    folder = pathlib.Path(directory)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {
        "host": "127.0.0.1", "http_port": int(port), "grpc_port": free_port(), "metrics_port": free_port(),
        "metrics_endpoint": None, "parallel_workers": 0, "debug": False, "logging_settings": None,
        "use_structured_logging": False}
    (folder / "settings.json").write_text(json.dumps(settings))
    for name in (pair.split("=")[0] for pair in os.environ["NETWORKS"].split(";")):
        model = folder / name
        model.mkdir()
        (model / "model-settings.json").write_text(
            json.dumps({"name": name, "implementation": "rivals.mlserver_model.OnnxModel"}))
    sys.argv = ["mlserver", "start", str(folder)]
    from mlserver.cli import main as start

    start()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
