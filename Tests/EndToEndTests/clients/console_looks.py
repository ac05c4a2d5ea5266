"""Takes pictures of every page of the console, wide and narrow, light and dark, of a server that has something to show.

    console_looks.py SLIPWAY AXE OUT [NAME ...]

First an empty home. Then it is filled with versions, aliases, a failed revision, recorded requests, a pipeline, a table and a
graph of 5,000 nodes; users ask, some of them with light and dark exchanged, labels come back, alerts fire, one version is a
shadow, and a canary whose answers are compared is on its way. Then every page is looked at by `console.py` (with NAMEs only those
whose path contains one of them), and once more without script; then those of a server that follows a list, one model of which has a
fallback version, and those that differ where tokens are asked for: the sign-in page, and what a viewer and an administrator see. What
axe-core finds is printed; the pictures are left in OUT for people.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import numpy

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
DIGITS = os.path.join(ROOT, "Examples/digits")
DATA, CONTROL = 18881, 18891

OPEN = [
    "/", "/endpoints/digits", "/endpoints/digits#ask", "/endpoints/digits/rollout", "/endpoints/digits/drift", "/endpoints/digits/history",
    "/endpoints/beside", "/endpoints/beside/rollout", "/endpoints/loans", "/endpoints/quiet/rollout", "/endpoints/quiet/drift",
    "/models", "/models/digits", "/models/digits/1", "/models/digits/4", "/models/scorer/1", "/models/loans/1",
    "/models/digits/1/graph?find=relu", "/models/large/1/graph", "/models/large/1/graph?find=relu_77",
    "/models/digits/1/reports", "/models/digits/4/reports", "/models/digits/3/reports",
    "/history", "/alerts", "/tokens", "/doctor", "/models/absent", "/endpoints/absent", "/nowhere",
]
EMPTY = ["/", "/models", "/history", "/alerts", "/tokens", "/doctor"]
PLAIN = [path for path in OPEN if "#" not in path]
LISTED = ["/", "/endpoints/digits", "/endpoints/strays", "/endpoints/strays/drift", "/history"]
CLOSED = {None: ["/sign-in"], "viewer": ["/", "/endpoints/digits", "/endpoints/digits/rollout"], "admin": ["/tokens"]}


def run(slipway, *words, fails=False):
    done = subprocess.run([slipway, *words], capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise RuntimeError(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Users(threading.Thread):
    """Ask row after row and say later what was right."""

    def __init__(self, rows, labels, inverted, endpoint="digits"):
        super().__init__(daemon=True)
        self.rows, self.labels, self.inverted, self.endpoint = rows, labels, inverted, endpoint
        self.over = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", DATA, timeout=10)
        number = 0
        while not self.over.wait(0.004):
            place = number % len(self.rows)
            row = 16 - self.rows[place] if self.inverted else self.rows[place]
            name = f"{'dark' if self.inverted else 'light'}-{number}"
            body = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": row.tolist()}]}
            self.post(connection, f"/v2/models/{self.endpoint}/infer", body, {"X-Request-Id": name})
            if number % 5 == 0:
                self.post(connection, f"/v2/models/{self.endpoint}/feedback", {"id": name, "label": int(self.labels[place])}, {})
            number += 1

    @staticmethod
    def post(connection, path, body, headers):
        connection.request("POST", path, json.dumps(body), headers)
        connection.getresponse().read()


class Server:
    def __init__(self, slipway, *words):
        self.slipway = slipway
        self.process = subprocess.Popen(
            [slipway, "serve", "--port", str(DATA), "--control-port", str(CONTROL), *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run(slipway, "status", "--wait", "60")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def field(number, value):
    """One field of a protobuf message: a number, or bytes."""
    def varint(value):
        out = b""
        while value >= 128:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def large_graph(path, blocks=1250):
    """An ONNX file of blocks of four nodes, the last of which adds what went in."""
    def node(kind, name, inputs, output):
        return field(1, b"".join(field(1, each) for each in inputs) + field(2, output) + field(3, name) + field(4, kind))
    def value(number, name):
        shape = field(2, field(1, field(1, 1)) + field(1, field(1, 8)))
        return field(number, field(1, name) + field(2, field(1, field(1, 1) + shape)))
    body, last = b"", "x"
    for block in range(blocks):
        names = [f"layer{block // 50}/block{block % 50}/{kind}_{block}" for kind in ["neg", "relu", "tanh", "add"]]
        body += node("Neg", names[0], [last], names[0]) + node("Relu", names[1], [names[0]], names[1])
        body += node("Tanh", names[2], [names[1]], names[2]) + node("Add", names[3], [names[2], last], names[3])
        last = names[3]
    graph = body + field(2, "large") + value(11, "x") + value(12, last)
    with open(path, "wb") as file:
        file.write(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17)))


def fill(slipway, folder):
    """Versions, a model that was optimised, moves of aliases."""
    view = ["--label", "view.pixels=image 8x8/16"]
    common = ["--name", "digits", "--processing", f"{DIGITS}/processing.json", *view]
    evaluated = [*common, "--evaluation", f"{DIGITS}/held-out.npz"]
    run(slipway, "import", f"{DIGITS}/mlp.onnx", *evaluated, "--note", "the first that is good enough for the front desk")
    run(slipway, "import", f"{DIGITS}/cnn.onnx", *evaluated)
    run(slipway, "import", f"{DIGITS}/broken.onnx", "--name", "digits", "--no-run", *view)
    run(slipway, "optimize", "digits:1", "--recipe", "int8", "--no-speed")
    run(slipway, "deploy", "digits:1", "--record", "100%", "--note", "the front desk goes live")
    run(slipway, "deploy", "digits:1", "--endpoint", "quiet")
    run(slipway, "import", f"{DIGITS}/cascade.json", "--name", "scorer")
    run(slipway, "deploy", "scorer:1")
    run(slipway, "import", f"{ROOT}/Examples/loans/loans.onnx", "--name", "loans", "--processing",
        f"{ROOT}/Examples/loans/processing.json")
    run(slipway, "evaluate", "loans:1", "--data", f"{ROOT}/Examples/loans/new.csv", "--answers", "repaid", "--prediction",
        "label")
    run(slipway, "deploy", "loans:1")
    run(slipway, "deploy", "digits:1", "--endpoint", "beside", "--record", "100%")
    large_graph(f"{folder}/large.onnx")
    run(slipway, "import", f"{folder}/large.onnx", "--name", "large", "--no-run")
    for version in ["1", "2", "1"]:
        run(slipway, "alias", "digits@prod", f"digits:{version}")
    run(slipway, "token", "create", "a-name-that-is-rather-long-for-a-token", "--role", "viewer")
    run(slipway, "token", "create", "old", "--role", "invoker")
    run(slipway, "token", "revoke", "old")


def ask_the_doctor():
    """Sends the form of the doctor's page, as a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", CONTROL, timeout=60)
    connection.request("GET", "/doctor")
    reply = connection.getresponse()
    cookie = reply.getheader("set-cookie").split(";")[0]
    token = re.search('name="token" value="([^"]+)"', reply.read().decode())[1]
    form = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/doctor", f"token={token}", form)
    connection.getresponse().read()


def looks(axe, out, paths, prefix="", token=None, more=None):
    names = sys.argv[4:]
    paths = [path for path in paths if not names or any(name in prefix + path for name in names)]
    if not paths:
        return
    os.makedirs(out, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    environment = dict(os.environ, **({"SLIPWAY_CONSOLE_TOKEN": token} if token else {}), **(more or {}))
    with tempfile.TemporaryDirectory() as profile:
        seen = subprocess.run(
            [sys.executable, f"{here}/console.py", "chromium", profile, axe, f"http://127.0.0.1:{CONTROL}",
             json.dumps(paths), out], check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    for page in json.loads(seen):
        faults = [f"{look}: {fault}" for look in ["1440 light", "400 dark"] for fault in page[look]["violations"]]
        wide = [look for look in ["1440 light", "400 dark"] if page[look]["overflow"] > 0]
        unseen = [f"not seen to have the focus: {stop}" for stop in page.get("keyboard", {}).get("unseen", [])]
        print(prefix, page["path"], page["bytes"], "bytes", f"{page['paint']:.0f} ms",
              page.get("keyboard", {}).get("stops", "no"), "stops", *faults, *unseen, *page["complaints"],
              *page["outside"], *(f"too wide at {look}" for look in wide))


def empty_house(slipway, axe, out):
    with Server(slipway):
        looks(axe, os.path.join(out, "empty"), EMPTY, "empty:")


def open_house(slipway, axe, out, folder):
    data = numpy.load(f"{DIGITS}/held-out.npz")
    names = list(data.keys())
    rows = next(data[name] for name in names if data[name].ndim == 2).astype("float32")
    labels = next(data[name] for name in names if data[name].ndim == 1)
    with open(f"{folder}/alerts.json", "w") as file:
        json.dump({"receivers": {"ops": {"command": ["/usr/bin/tee", "-a", "/dev/null"]},
                                 "night": {"command": ["/usr/bin/tee", "/nowhere/to/write"]}}, "every": "1s", "wait": "1s"}, file)
    with Server(slipway, "--drift-window", "3s", "--alerts", f"{folder}/alerts.json"):
        run(slipway, "deploy", "digits:3", fails=True)
        run(slipway, "alerts", "silence", "SlipwayRolledBack", "--for", "2h", "--note", "we know")
        users = [Users(rows, labels, False), Users(rows, labels, True), Users(rows, labels, False, "beside")]
        users[0].start()
        users[2].start()
        run(slipway, "deploy", "digits:2", "--endpoint", "beside", "--strategy", "shadow", "--share", "100%", "--duration", "1h")
        time.sleep(8)
        users[1].start()
        run(slipway, "deploy", "digits:2", "--strategy", "canary", "--steps", "10%,50%", "--step-duration", "10m")
        ask_the_doctor()
        time.sleep(15)
        row = " ".join(f"{value:g}" for value in rows[3])
        looks(axe, out, OPEN, more={"SLIPWAY_CONSOLE_ROW": row})
        looks(axe, os.path.join(out, "plain"), PLAIN, "without script:", more={"SLIPWAY_CONSOLE_PLAIN": "1"})
        for each in users:
            each.over.set()
        run(slipway, "rollout", "abort", "digits")


def listed_house(slipway, axe, out, folder):
    """A server that carries a list out: two endpoints that follow, one of them in vain, and one that names its version."""
    data = numpy.load(f"{DIGITS}/held-out.npz")
    rows = next(data[name] for name in data.keys() if data[name].ndim == 2).astype("float32")
    with open(f"{folder}/slipway.yaml", "w") as file:
        file.write("""\
endpoints:
  - {endpoint: digits, follow: {alias: digits@prod}, rollout: {strategy: canary, steps: ["10%", "50%"], stepDuration: 10m}}
  - {endpoint: loans, follow: {directory: models, model: loans}}
  - {endpoint: strays, version: "digits:2", outliers: "fallback:digits:1"}
  - {endpoint: quiet, follow: {alias: digits@staging}}
""")
    with Server(slipway, "-f", f"{folder}/slipway.yaml", "--drift-window", "3s"):
        users = [Users(rows, [0] * len(rows), False, "strays"), Users(rows * 1e6, [0] * len(rows), False, "strays")]
        for each in users:
            each.start()
        run(slipway, "alias", "digits@prod", "digits:2")
        time.sleep(10)
        looks(axe, os.path.join(out, "listed"), LISTED, "listed:")
        for each in users:
            each.over.set()


def closed_house(slipway, axe, out):
    secrets = {role: run(slipway, "token", "create", f"{role}-at-the-desk", "--role", role).strip()
               for role in CLOSED if role}
    with Server(slipway, "--auth", "token"):
        for role, paths in CLOSED.items():
            looks(axe, os.path.join(out, role or "nobody"), paths, f"{role or 'nobody'}:", secrets.get(role))


def main():
    slipway, axe, out = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as home:
        engines = os.environ.get("SLIPWAY_ENGINES") or os.path.expanduser("~/.local/share/slipway/engines")
        os.environ.update(SLIPWAY_HOME=home, SLIPWAY_ENGINES=engines)
        empty_house(slipway, axe, out)
        fill(slipway, home)
        open_house(slipway, axe, out, home)
        listed_house(slipway, axe, out, home)
        closed_house(slipway, axe, out)


main()
