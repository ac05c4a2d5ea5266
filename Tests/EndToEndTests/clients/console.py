"""Looks at pages of the console in one headless Chromium, over its DevTools protocol, and prints what it saw as JSON.

    console.py CHROMIUM PROFILE AXE BASE PATHS [SHOTS]

PATHS is a JSON array; what ends with #ask is looked at once its form has been answered. With SHOTS, a folder, pictures of all four looks are left there.

Each page is loaded once, wide and light; then it is made narrow and dark. Both are judged by axe-core. With a token in
SLIPWAY_CONSOLE_TOKEN it is pasted into the sign-in page first, and what the server does not know of that browser is refused.
"""

import asyncio
import json
import os
import signal
import sys

import aiohttp

WIDE, NARROW = (1440, 900), (400, 800)

# When the first content was seen, in milliseconds; -1 when there was nothing to see for five seconds.
PAINT = """new Promise((tell) => {
  const name = 'first-contentful-paint';
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName(name)) tell(entry.startTime);
  }).observe({ type: 'paint', buffered: true });
  setTimeout(() => tell(-1), 5000);
})"""


class Browser:
    """A tab, spoken to over its socket."""

    def __init__(self, socket):
        self.socket = socket
        self.number = 0
        self.answers = {}
        self.events = []
        self.loaded = asyncio.Event()

    async def listen(self):
        async for message in self.socket:
            told = json.loads(message.data)
            if "id" in told:
                self.answers.pop(told["id"]).set_result(told)
            elif told["method"] == "Page.loadEventFired":
                self.loaded.set()
            else:
                self.events.append(told)

    async def call(self, method, **parameters):
        self.number += 1
        answer = asyncio.get_running_loop().create_future()
        self.answers[self.number] = answer
        await self.socket.send_str(json.dumps({"id": self.number, "method": method, "params": parameters}))
        told = await asyncio.wait_for(answer, 60)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        return told["result"]

    async def value(self, expression):
        told = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{expression[:80]}: {told['exceptionDetails']}")
        return told["result"].get("value")

    async def look(self, size, theme):
        await self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                        mobile=False)
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    async def open(self, url):
        self.events.clear()
        self.loaded.clear()
        await self.call("Page.navigate", url=url)
        await asyncio.wait_for(self.loaded.wait(), 60)


async def judge(browser, axe):
    """What axe finds, and how far the page is wider than its window."""
    await browser.value(axe + "; true")
    found = await browser.value(
        "axe.run({resultTypes: ['violations']}).then((r) => r.violations.map((v) => ({rule: v.id, impact: v.impact,"
        " nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + ' | ' + n.failureSummary.slice(0, 240))})))")
    overflow = await browser.value("document.documentElement.scrollWidth - innerWidth")
    return found, overflow


async def shot(browser, path):
    import base64
    size = await browser.value("[innerWidth, Math.min(document.documentElement.scrollHeight, 2600)]")
    told = await browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                              clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1})
    with open(path, "wb") as file:
        file.write(base64.b64decode(told["data"]))


async def visit(browser, base, path, axe, shots):
    await browser.look(WIDE, "light")
    await browser.open(base + path)
    if path.endswith("#ask"):
        browser.loaded.clear()
        await browser.value("document.querySelector('textarea').form.submit()")
        await asyncio.wait_for(browser.loaded.wait(), 60)
    # The script has put in what it puts in, and fonts are there.
    await browser.value("document.fonts.ready.then(() => new Promise((r) => requestAnimationFrame(() => r(1))))")
    seen = {"path": path}
    seen["bytes"] = await browser.value(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".reduce((sum, entry) => sum + entry.decodedBodySize, 0)")
    seen["paint"] = await browser.value(PAINT)
    seen["title"] = await browser.value("document.title")
    name = path.strip("/").replace("/", "-").replace("?", "-").replace("&", "-").replace("=", "").replace("#", "-") or "overview"
    for size, theme in [(WIDE, "light"), (NARROW, "dark")]:
        await browser.look(size, theme)
        found, overflow = await judge(browser, axe)
        seen[f"{size[0]} {theme}"] = {"violations": found, "overflow": overflow}
    for size in [WIDE, NARROW] if shots else []:
        for theme in ["light", "dark"]:
            await browser.look(size, theme)
            await shot(browser, os.path.join(shots, f"{name}-{size[0]}-{theme}.png"))
    requests, complaints = [], []
    for event in browser.events:
        told = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            requests.append(told["request"]["url"])
        elif event["method"] == "Runtime.exceptionThrown":
            complaints.append(json.dumps(told["exceptionDetails"])[:400])
        elif event["method"] == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            complaints.append(told["entry"]["text"] + " " + told["entry"].get("url", ""))
        elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            complaints.append(json.dumps(told["args"])[:400])
    seen["outside"] = [url for url in requests if not url.startswith((base + "/", "data:"))]
    seen["complaints"] = complaints
    return seen


async def sign_in(browser, token):
    browser.loaded.clear()
    await browser.value("document.querySelector('[name=secret]').value = " + json.dumps(token)
                        + "; document.querySelector('[name=secret]').form.submit()")
    await asyncio.wait_for(browser.loaded.wait(), 60)


async def main():
    chromium, profile, axe, base = sys.argv[1:5]
    paths = json.loads(sys.argv[5])
    shots = sys.argv[6] if len(sys.argv) > 6 else None
    with open(axe) as file:
        axe = file.read()
    process = await asyncio.create_subprocess_exec(
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--hide-scrollbars", "--disable-background-networking", f"--user-data-dir={profile}",
        "--remote-debugging-port=0", "about:blank",
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            line = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
            if "DevTools listening on " in line:
                port = line.split("://")[1].split("/")[0]
                break
            if not line:
                raise RuntimeError("the browser did not come up")
        drain = asyncio.create_task(process.stderr.read())
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{port}/json/list") as reply:
                tab = next(entry for entry in await reply.json() if entry["type"] == "page")
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=1 << 28) as socket:
                browser = Browser(socket)
                listening = asyncio.create_task(browser.listen())
                for domain in ["Page", "Network", "Runtime", "Log"]:
                    await browser.call(f"{domain}.enable")
                # The first page pays for the browser's own start.
                await browser.open(base + "/sign-in")
                if "SLIPWAY_CONSOLE_TOKEN" in os.environ:
                    await sign_in(browser, os.environ["SLIPWAY_CONSOLE_TOKEN"])
                seen = []
                for path in paths:
                    seen.append(await visit(browser, base, path, axe, shots))
                print(json.dumps(seen))
                listening.cancel()
        drain.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


asyncio.run(main())
