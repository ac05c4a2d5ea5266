"""Pictures of 600 KB: an identity network, which measures the way there and back, and ResNet-50, which is all engine."""

import concurrent.futures
import contextlib
import json
import subprocess
import sys
import time

import numpy as np
import onnxruntime

from harness import fixed, processes, servers
from harness.load import faults
from harness.machine import ROOT
from harness.report import median, microseconds, times

FOLDER = ROOT / ".build" / "bench"
CONNECTIONS = 4


def make(report):
    """The network files, once; a process of its own, so that its memory is not inherited by what is measured."""
    if not (FOLDER / "resnet50.onnx").exists() or not (FOLDER / "identity.onnx").exists():
        report.say("making the networks of pictures")
        subprocess.run([sys.executable, "-m", "harness.image_networks", FOLDER], check=True)


def picture():
    return np.random.default_rng(7).standard_normal((1, 3, 224, 224), dtype=np.float32)


def request(model, output, body):
    """The picture as a request for all of `output`."""
    pixels = picture()
    tensor = {"name": "image", "datatype": "FP32", "shape": list(pixels.shape)}
    path = f"/v2/models/{model}/infer"
    if body == "JSON":
        # Doubles of the floats, as every JSON library writes them.
        text = json.dumps({"inputs": [{**tensor, "data": pixels.ravel().tolist()}]}).encode()
        return fixed.message(path, text, {"content-type": "application/json"})
    head = json.dumps({
        "inputs": [{**tensor, "parameters": {"binary_data_size": pixels.nbytes}}],
        "outputs": [{"name": output, "parameters": {"binary_data": True}}]}).encode()
    return fixed.message(path, head + pixels.tobytes(), {
        "content-type": "application/octet-stream", "inference-header-content-length": len(head)})


def tensor_of(head, body):
    """The only output of a reply in either form."""
    if "inference-header-content-length:" in head:
        length = int(head.split("inference-header-content-length:", 1)[1].split("\r\n", 1)[0])
        return np.frombuffer(body[length:], dtype=np.float32)
    return np.array(json.loads(bytes(body))["outputs"][0]["data"], dtype=np.float32)


def first_reply(report, server, sent, expected):
    """The reply's body, which all others must repeat; a fault unless it is what the engine says."""
    connection = fixed.Connection(server.port)
    with contextlib.closing(connection):
        status, head, body = connection.ask(sent)
        kept = bytes(body)
    if status != 200 or not np.array_equal(tensor_of(head, kept), expected.ravel()):
        report.fault([f"{server.name} answered {status} with {len(kept)} bytes that are not the engine's"])
    return kept


# identity


def identity(report):
    """Server CPU of a picture each way, by body and server."""
    networks = {**servers.DIGIT_NETWORKS, "identity": FOLDER / "identity.onnx"}
    with servers.Home() as home, contextlib.ExitStack() as stack:
        for name, path in {"identity": networks["identity"], "digits": servers.DIGITS / "mlp.onnx"}.items():
            home.slipway("import", path, "--name", name)
            home.slipway("deploy", f"{name}:1")
        contestants = [servers.slipway_serve(home), servers.fastapi(networks=networks)]
        for server in contestants:
            stack.enter_context(server).start("digits")
        figures = {}
        sent = {body: request("identity", "copy", body) for body in ("binary", "JSON")}
        expected = {
            (server.name, body): first_reply(report, server, sent[body], picture())
            for server in contestants for body in sent}
        for number in range(report.pick(3, 1)):
            report.say(f"identity: round {number + 1}")
            for body in sent:
                for server in contestants[number % 2:] + contestants[:number % 2]:
                    before = processes.cpu_seconds(server.pid)
                    run = fixed.load(
                        server.port, sent[body], expected[server.name, body], connections=CONNECTIONS,
                        seconds=report.pick(2, 0.5))
                    run["server_cpu_s"] = (processes.cpu_seconds(server.pid) - before) / max(1, run["sent"])
                    report.fault(faults(run, f"identity, {server.name}, {body}"))
                    figures.setdefault((body, server.name), []).append(run)
    middle = {
        where: {key: median([run[key] for run in runs]) for key in ("rate", "server_cpu_s")}
        for where, runs in figures.items()}
    for (body, name), values in middle.items():
        report.record(server=name, endpoint="identity", body=body, connections=CONNECTIONS, **values)
    report.table(
        ["identity, 600 KB each way", "Slipway req/s", "FastAPI req/s", "Slipway CPU µs/req", "FastAPI CPU µs/req",
         "FastAPI to Slipway"],
        [
            [
                body, *(f"{middle[body, name]['rate']:,.0f}" for name in ("Slipway", "FastAPI")),
                *(microseconds(middle[body, name]["server_cpu_s"]) for name in ("Slipway", "FastAPI")),
                times(middle[body, "FastAPI"]["server_cpu_s"] / middle[body, "Slipway"]["server_cpu_s"]),
            ] for body in ("binary", "JSON")
        ])
    return middle


# ResNet-50


def resnet50(report):
    """Pictures a second through the server and in this process, in turn, with the same threads."""
    session = _session(FOLDER / "resnet50.onnx")
    pixels = picture()
    expected = session.run(None, {"image": pixels})[0]
    cores = processes.cores()
    with servers.Home() as home:
        home.slipway("import", FOLDER / "resnet50.onnx", "--name", "resnet50")
        home.slipway("deploy", "resnet50:1")
        with servers.slipway_serve(home) as server:
            server.start_until(servers.is_ready)
            sent = request("resnet50", "scores", "binary")
            reply = first_reply(report, server, sent, expected)
            seconds, rates = report.pick(5, 1), {"server": [], "engine": []}
            for number in range(report.pick(4, 1)):
                report.say(f"ResNet-50: round {number + 1}")
                run = fixed.load(server.port, sent, reply, connections=2 * cores, seconds=seconds)
                report.fault(faults(run, "ResNet-50"))
                rates["server"].append(run["rate"])
                rates["engine"].append(_in_process(session, pixels, cores, seconds))
    middle = {name: median(values) for name, values in rates.items()}
    report.record(endpoint="resnet50", threads=cores, **middle, rounds=rates)
    report.table(
        ["ResNet-50, one thread a run", "Slipway images/s", "ONNX Runtime in process images/s", "share"],
        [[
            f"{cores} runs at a time", f"{middle['server']:.1f}", f"{middle['engine']:.1f}",
            f"{middle['server'] / middle['engine']:.1%}"]])
    return middle


def _session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _in_process(session, pixels, threads, seconds):
    """Runs a second of so many threads, each with one run at a time."""
    deadline = time.perf_counter() + seconds

    def work():
        count = 0
        while time.perf_counter() < deadline:
            session.run(None, {"image": pixels})
            count += 1
        return count

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        count = sum(future.result() for future in [pool.submit(work) for _ in range(threads)])
    return count / (time.perf_counter() - began)
