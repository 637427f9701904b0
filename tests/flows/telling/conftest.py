"""A receiver of webhooks: a real server on this machine, which remembers what it got and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat

import polars as pl
import pytest

from flows.lake import Lake
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.settings import Hooks
from flows.telling.webhooks import Surroundings
from stocking.acts.advise import ALERTS

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
ENVIRONMENT = {"BAOKUAN_WEBHOOK_SECRET": SECRET}


@dataclass(frozen=True)
class Reply:
    """How a request is answered."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    pause_seconds: float = 0.0


class Receiver:
    """What came in, in order, and what to answer: the replies given, then 200."""

    def __init__(self):
        self.got, self.times, self.opened = [], [], 0
        self.replies = iter(repeat(Reply()))
        self.server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/alerts"

    @property
    def names(self):
        return [headers["webhook-id"] for headers, _ in self.got]

    def answers(self, *replies, then=None):
        self.replies = chain(replies, repeat(then or Reply()))

    def start(self, port=0):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.opened += 1

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed between head and body: nothing was said
                    self.close_connection = True
                    return
                receiver.times.append(time.monotonic())
                receiver.got.append((dict(self.headers), body))
                reply = next(receiver.replies)
                time.sleep(reply.pause_seconds)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def is_signed(headers, body, key=KEY):
    """The receiver's side of the Standard Webhooks specification, written apart from ours."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = [one.partition(",")[::2] for one in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(code, expected) for version, code in given)


def alerts_of(tick, *products, **values):
    """The alerts of a tick, one a product."""
    rows = [
        {
            "alert_id": f"alert{tick:05d}-{product if product.isalnum() else n}",
            "tick": tick,
            "cutoff": NOON + timedelta(minutes=tick),
            "kind": "sell_out",
            "session_id": "S1",
            "product_id": product,
            "merchant_id": "M1",
            "units": 5,
            "minute_mid": 2.5,
            "value": 99.5,
            "reason": "It sells out soon.",
            **values,
        }
        for n, product in enumerate(products)
    ]
    return pl.DataFrame(rows, schema=ALERTS)


def patient(*urls, **changes):
    """Settings with which nothing takes long."""
    hooks = [url if isinstance(url, dict) else {"url": url, "audience": "merchant", "reader": "M1"} for url in urls]
    quick = {"timeout_seconds": 5.0, "retries": 2, "backoff_seconds": 0.01, "longest_wait_seconds": 0.05}
    return Hooks.model_validate({**quick, "hooks": hooks, "queue_alerts": 100, "drain_seconds": 10.0, **changes})


def everything(audience, reader):
    """A cut that leaves all of it."""
    return lambda alerts: alerts


def around(place, cut=everything, environment=ENVIRONMENT):
    """Surroundings with no jitter."""
    return Surroundings(environment, cut, Clockwork(lambda: datetime.now(UTC), lambda: 0.0), place)


def told(place):
    """The lines of all outboxes in a folder."""
    return [json.loads(line) for path in sorted(place.glob("*.ndjson")) for line in path.read_text().splitlines()]


def eventually(holds, seconds=20.0):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.005)


@contextmanager
def receiving():
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


class Kit:
    """What the tests of this folder share."""

    Reply, SECRET = Reply, SECRET
    alerts_of, patient, everything = staticmethod(alerts_of), staticmethod(patient), staticmethod(everything)
    around, told, eventually = staticmethod(around), staticmethod(told), staticmethod(eventually)
    is_signed, receiving = staticmethod(is_signed), staticmethod(receiving)


@pytest.fixture
def kit():
    return Kit


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def log(tmp_path):
    return AlertLog(Lake(tmp_path / "home"))


@pytest.fixture
def place(tmp_path):
    return tmp_path / "home" / "outbox"
