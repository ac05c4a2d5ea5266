"""Takes pictures of every page of the console, wide and narrow, light and dark, of a server that has something to show.

    console_looks.py SLIPWAY AXE OUT [NAME ...]

A home is filled with versions, aliases, a failed revision and recorded requests; users ask, some of them with light and dark
exchanged, labels come back, and a canary whose answers are compared is on its way. Then every page is looked at by
`console.py` (with NAMEs only those whose path contains one of them), and once more with tokens asked for: the sign-in page,
and what a viewer and an administrator see. What axe-core finds is printed; the pictures are left in OUT for people.
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
    "/endpoints/quiet/rollout", "/endpoints/quiet/drift", "/models", "/models/digits", "/models/digits/1",
    "/models/digits/4", "/models/digits/1/graph?find=relu", "/models/digits/1/reports", "/models/digits/4/reports",
    "/history", "/tokens", "/doctor", "/models/absent",
]
CLOSED = {None: ["/sign-in"], "viewer": ["/", "/endpoints/digits", "/endpoints/digits/rollout"], "admin": ["/tokens"]}


def run(slipway, *words, fails=False):
    done = subprocess.run([slipway, *words], capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise RuntimeError(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Users(threading.Thread):
    """Ask row after row and say later what was right."""

    def __init__(self, rows, labels, inverted):
        super().__init__(daemon=True)
        self.rows, self.labels, self.inverted = rows, labels, inverted
        self.over = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", DATA, timeout=10)
        number = 0
        while not self.over.wait(0.004):
            place = number % len(self.rows)
            row = 16 - self.rows[place] if self.inverted else self.rows[place]
            name = f"{'dark' if self.inverted else 'light'}-{number}"
            body = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": row.tolist()}]}
            self.post(connection, "/v2/models/digits/infer", body, {"X-Request-Id": name})
            if number % 5 == 0:
                self.post(connection, "/v2/models/digits/feedback", {"id": name, "label": int(self.labels[place])}, {})
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


def fill(slipway):
    """Versions, a model that was optimised, moves of aliases."""
    common = ["--name", "digits", "--processing", f"{DIGITS}/processing.json"]
    evaluated = [*common, "--evaluation", f"{DIGITS}/held-out.npz"]
    run(slipway, "import", f"{DIGITS}/mlp.onnx", *evaluated, "--label", "view.pixels=image 8x8/16", "--note",
        "the first that is good enough for the front desk")
    run(slipway, "import", f"{DIGITS}/cnn.onnx", *evaluated)
    run(slipway, "import", f"{DIGITS}/broken.onnx", "--name", "digits", "--no-run")
    run(slipway, "optimize", "digits:1", "--recipe", "int8")
    run(slipway, "deploy", "digits:1", "--record", "100%", "--note", "the front desk goes live")
    run(slipway, "deploy", "digits:1", "--endpoint", "quiet")
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


def looks(axe, out, paths, prefix="", token=None):
    names = sys.argv[4:]
    paths = [path for path in paths if not names or any(name in prefix + path for name in names)]
    if not paths:
        return
    os.makedirs(out, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    environment = dict(os.environ, **({"SLIPWAY_CONSOLE_TOKEN": token} if token else {}))
    with tempfile.TemporaryDirectory() as profile:
        seen = subprocess.run(
            [sys.executable, f"{here}/console.py", "chromium", profile, axe, f"http://127.0.0.1:{CONTROL}",
             json.dumps(paths), out], check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    for page in json.loads(seen):
        faults = [f"{look}: {fault}" for look in ["1440 light", "400 dark"] for fault in page[look]["violations"]]
        wide = [look for look in ["1440 light", "400 dark"] if page[look]["overflow"] > 0]
        print(prefix, page["path"], page["bytes"], "bytes", f"{page['paint']:.0f} ms", *faults, *page["complaints"],
              *page["outside"], *(f"too wide at {look}" for look in wide))


def open_house(slipway, axe, out):
    data = numpy.load(f"{DIGITS}/held-out.npz")
    names = list(data.keys())
    rows = next(data[name] for name in names if data[name].ndim == 2).astype("float32")
    labels = next(data[name] for name in names if data[name].ndim == 1)
    with Server(slipway, "--drift-window", "3s"):
        run(slipway, "deploy", "digits:3", fails=True)
        users = [Users(rows, labels, False), Users(rows, labels, True)]
        users[0].start()
        time.sleep(8)
        users[1].start()
        run(slipway, "deploy", "digits:2", "--strategy", "canary", "--steps", "10%,50%", "--step-duration", "10m",
            "--max-disagreement", "60%")
        ask_the_doctor()
        time.sleep(15)
        looks(axe, out, OPEN)
        for each in users:
            each.over.set()
        run(slipway, "rollout", "abort", "digits")


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
        fill(slipway)
        open_house(slipway, axe, out)
        closed_house(slipway, axe, out)


main()
