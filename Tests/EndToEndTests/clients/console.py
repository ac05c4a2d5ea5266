"""Looks at pages of the console in one headless Chromium, over its DevTools protocol, and prints what it saw as JSON.

    console.py CHROMIUM PROFILE AXE BASE PATHS [SHOTS]

PATHS is a JSON array; what ends with #ask is looked at once its form has been answered. With SHOTS, a folder, pictures of all four looks are left there.

Each page is loaded once, wide and light; then it is made narrow and dark. Both are judged by axe-core. With a token in
SLIPWAY_CONSOLE_TOKEN it is pasted into the sign-in page first, and what the server does not know of that browser is refused.
With SLIPWAY_CONSOLE_ROW that is written into a form before it is asked; with SLIPWAY_CONSOLE_PLAIN no page may run a script, and
axe-core does not either. Every page is gone through by the tab key: what has the focus has to be seen to have it.
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
        "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then((r) => r.violations.map((v) => ({rule: v.id, impact: v.impact,"
        " nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + ' | ' + n.failureSummary.slice(0, 240))})))")
    overflow = await browser.value("document.documentElement.scrollWidth - innerWidth")
    return found, overflow


# What has the focus: its words, and whether it is to be seen that it has it.
FOCUS = """(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect(), rect = element.querySelector('rect');
  const isMarked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    || rect !== null && parseFloat(getComputedStyle(rect).strokeWidth) >= 3;
  const isHere = box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0
    && box.top < innerHeight;
  const words = (element.getAttribute('aria-label') || element.textContent || element.name || '').trim().slice(0, 40);
  return [element.tagName + ' ' + words, isMarked && isHere];
})()"""


async def walk(browser, most=70):
    """Goes through a page by the tab key: how many stops there are, and those that are not seen to have the focus."""
    await browser.value("document.activeElement.blur(); scrollTo(0, 0)")
    stops, unseen = 0, []
    while stops < most:
        for kind in ["rawKeyDown", "keyUp"]:
            await browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        found = await browser.value(FOCUS)
        if found is None:
            break
        stops += 1
        if not found[1]:
            unseen.append(found[0])
    await browser.value("document.activeElement.blur(); scrollTo(0, 0)")
    return {"stops": stops, "unseen": unseen}


async def shot(browser, path):
    import base64
    size = await browser.value("[innerWidth, Math.min(document.documentElement.scrollHeight, 2600)]")
    told = await browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                              clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1})
    with open(path, "wb") as file:
        file.write(base64.b64decode(told["data"]))


def name(path):
    """What a picture of a page is called."""
    for sign, other in [("/", "-"), ("?", "-"), ("&", "-"), ("=", ""), ("#", "-")]:
        path = path.strip("/").replace(sign, other)
    return path or "overview"


async def shoot(browser, path, shots):
    for size in [WIDE, NARROW] if shots else []:
        for theme in ["light", "dark"]:
            await browser.look(size, theme)
            await shot(browser, os.path.join(shots, f"{name(path)}-{size[0]}-{theme}.png"))


async def visit_plain(browser, base, path, shots):
    """A page where nothing may run a script: what is wider than its window is all that can be said of it."""
    seen = {"path": path, "outside": [], "complaints": [], "bytes": 0, "paint": 0}
    await browser.look(WIDE, "light")
    await browser.open(base + path)
    for size, theme in [(WIDE, "light"), (NARROW, "dark")]:
        await browser.look(size, theme)
        overflow = await browser.value("document.documentElement.scrollWidth - innerWidth")
        seen[f"{size[0]} {theme}"] = {"violations": [], "overflow": overflow}
    seen["title"] = await browser.value("document.title")
    await shoot(browser, path, shots)
    return seen


async def visit(browser, base, path, axe, shots):
    await browser.look(WIDE, "light")
    # A fragment alone would load nothing where the page before it is the same.
    await browser.open(base + path.split("#")[0])
    if path.endswith("#ask"):
        browser.loaded.clear()
        row = json.dumps(os.environ.get("SLIPWAY_CONSOLE_ROW"))
        await browser.value(f"{{ const field = document.querySelector('textarea'); if ({row}) field.value = {row};"
                            " field.form.submit(); }")
        await asyncio.wait_for(browser.loaded.wait(), 60)
    # The script has put in what it puts in, and fonts are there.
    await browser.value("document.fonts.ready.then(() => new Promise((r) => requestAnimationFrame(() => r(1))))")
    seen = {"path": path}
    seen["bytes"] = await browser.value(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".reduce((sum, entry) => sum + entry.decodedBodySize, 0)")
    seen["paint"] = await browser.value(PAINT)
    seen["title"] = await browser.value("document.title")
    seen["keyboard"] = await walk(browser)
    for size, theme in [(WIDE, "light"), (NARROW, "dark")]:
        await browser.look(size, theme)
        found, overflow = await judge(browser, axe)
        seen[f"{size[0]} {theme}"] = {"violations": found, "overflow": overflow}
    await shoot(browser, path, shots)
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
                await browser.call("Emulation.setFocusEmulationEnabled", enabled=True)
                # The first page pays for the browser's own start.
                await browser.open(base + "/sign-in")
                if "SLIPWAY_CONSOLE_TOKEN" in os.environ:
                    await sign_in(browser, os.environ["SLIPWAY_CONSOLE_TOKEN"])
                isPlain = "SLIPWAY_CONSOLE_PLAIN" in os.environ
                await browser.call("Emulation.setScriptExecutionDisabled", value=isPlain)
                seen = []
                for path in paths:
                    seen.append(await (visit_plain(browser, base, path, shots) if isPlain
                                       else visit(browser, base, path, axe, shots)))
                print(json.dumps(seen))
                listening.cancel()
        drain.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


asyncio.run(main())
