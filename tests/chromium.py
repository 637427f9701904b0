"""A headless Chromium that tells what a page does: spoken to over a pipe, by Chromium's own DevTools protocol."""

import fcntl
import json
import os
import select
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
PATIENCE_SECONDS = 60
ABOVE_STANDARD = 10
TOLD = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")


def found():
    """The browser named by BAOKUAN_CHROMIUM, or one on the path; None where there is none."""
    named = os.environ.get("BAOKUAN_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Seen:
    """What a page did: what it told the console, what it asked for, what it answered."""

    told: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)


class Pipe:
    """Commands and events, each a JSON text that ends with a zero byte."""

    def __init__(self, to_browser, from_browser):
        self.to_browser, self.from_browser = to_browser, from_browser
        self.number, self.rest, self.events = 0, b"", []

    def call(self, method, session=None, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self.to_browser, json.dumps(command).encode() + b"\0")
        answer = self.until(lambda message: message.get("id") == self.number)
        assert "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    def until(self, wanted):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            message = self.received(deadline)
            self.events.append(message)
            if wanted(message):
                return message

    def received(self, deadline):
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.from_browser], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"Chromium was silent for {PATIENCE_SECONDS} seconds"
            some = os.read(self.from_browser, 1 << 20)
            assert some, "Chromium closed its pipe: it stopped or never started"
            self.rest += some
        first, _, self.rest = self.rest.partition(b"\0")
        return json.loads(first)


@contextmanager
def running(path, profile):
    """A browser with a pipe to it; ended afterwards, whatever happened."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, ABOVE_STANDARD) for end in (theirs_in, theirs_out)]
    options = [*OPTIONS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    actions += [(os.POSIX_SPAWN_DUP2, end, number) for number, end in zip((3, 4), high, strict=True)]
    browser = os.posix_spawn(path, [path, *options], os.environ, file_actions=actions)
    for end in (theirs_in, theirs_out, *high):
        os.close(end)
    try:
        pipe = Pipe(ours_out, ours_in)
        yield pipe
        pipe.call("Browser.close")
    finally:
        for end in (ours_out, ours_in):
            os.close(end)
        os.waitpid(browser, 0)


def opened(page, folder, width=1280, **questions):
    """What a page did when it was opened, and what it answers to questions in JavaScript."""
    place = Path(folder) / "page.html"
    place.write_bytes(page)
    with running(found(), Path(folder) / "profile") as pipe:
        target = pipe.call("Target.createTarget", url="about:blank")["targetId"]
        tab = pipe.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            pipe.call(f"{domain}.enable", tab)
        pipe.call(
            "Emulation.setDeviceMetricsOverride", tab, width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        pipe.call("Page.navigate", tab, url=place.as_uri())
        pipe.until(lambda message: message.get("method") == "Page.loadEventFired")
        settled = "new Promise(done => setTimeout(done, 300))"
        pipe.call("Runtime.evaluate", tab, expression=settled, awaitPromise=True)
        answers = {
            name: pipe.call("Runtime.evaluate", tab, expression=one, returnByValue=True)["result"].get("value")
            for name, one in questions.items()
        }
        return Seen(
            [message for message in pipe.events if message.get("method") in TOLD],
            [
                message["params"]["request"]["url"]
                for message in pipe.events
                if message.get("method") == "Network.requestWillBeSent"
            ],
            answers,
        )
