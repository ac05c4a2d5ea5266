"""A server with three models: how soon it is ready and what it holds."""

import contextlib
import time

from harness import fixed, processes, servers
from harness.report import median, megabytes, milliseconds
from serving import pictures


def measure(report):
    """Median seconds from starting the process to ready with three models, and memory after an answer of each."""
    seconds, memory = [], None
    with servers.Home() as home:
        files = {
            "digits": servers.DIGITS / "mlp.onnx", "identity": pictures.FOLDER / "identity.onnx",
            "resnet50": pictures.FOLDER / "resnet50.onnx"}
        for name, path in files.items():
            home.slipway("import", path, "--name", name)
            home.slipway("deploy", f"{name}:1")
        rounds = report.pick(7, 2)
        for number in range(rounds):
            report.say(f"start: round {number + 1} of {rounds}")
            with servers.slipway_serve(home) as server:
                seconds.append(server.start_until(servers.is_ready).seconds_to_answer)
                if number == rounds - 1:
                    answer_each(server.port)
                    time.sleep(0.5)
                    memory = processes.memory(server.pid)
    middle = median(seconds)
    report.record(endpoint="three", ready_s=middle, resident=memory.resident, proportional=memory.proportional)
    report.table(
        ["three models, ResNet-50 among them", "ready ms", "from … to", "MB after an answer of each", "shared pages once"],
        [[
            "Slipway", milliseconds(middle), f"{milliseconds(min(seconds))} to {milliseconds(max(seconds))}",
            megabytes(memory.resident), megabytes(memory.proportional)]])
    return middle, memory


def answer_each(port):
    connection = fixed.Connection(port)
    with contextlib.closing(connection):
        for name, output in (("identity", "copy"), ("resnet50", "scores")):
            status, _, _ = connection.ask(pictures.request(name, output, "binary"))
            if status != 200:
                raise RuntimeError(f"'{name}' answered {status}")
