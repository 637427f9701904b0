"""How Prefect's server is asked while it is busy."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from flows.servers import meant
from flows.servers.meant import asking


@contextmanager
def busy(times):
    """Answers so many questions with 503, whatever they are, then that there is no token, or with what it was told."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            told = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(self.path)
            status = 503 if len(asked) <= times else 422 if "csrf-token" in self.path else 200
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = answer  # noqa: N815 - their interface

        def log_message(self, *told):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield {"PREFECT_API_URL": f"http://127.0.0.1:{served.server_address[1]}/api"}
        served.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(meant, "_WAITS_SECONDS", (0.0, 0.0))


def test_a_busy_server_is_asked_again_with_the_same_words():
    with busy(2) as told, asking(told, 5) as client:
        assert client.post("/flow_runs/filter", json={"limit": 1}).json() == {"limit": 1}


def test_one_that_stays_busy_is_an_error():
    with busy(99) as told, pytest.raises(httpx.HTTPStatusError, match="503"), asking(told, 5):
        pass
