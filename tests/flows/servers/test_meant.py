"""How Prefect's server is asked while it is busy."""

from contextlib import contextmanager

import httpx
import pytest
from answering import answering

from flows.servers import meant
from flows.servers.meant import asking


@contextmanager
def busy(times):
    """Answers so many questions with 503, whatever they are, then that there is no token, or with what it was told."""
    asked = []

    def answer(path, headers, body):
        asked.append(path)
        return 503 if len(asked) <= times else 422 if "csrf-token" in path else 200, body

    with answering(answer) as port:
        yield {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(meant, "_WAITS_SECONDS", (0.0, 0.0))


def test_a_busy_server_is_asked_again_with_the_same_words():
    with busy(2) as told, asking(told, 5) as client:
        assert client.post("/flow_runs/filter", json={"limit": 1}).json() == {"limit": 1}


def test_one_that_stays_busy_is_an_error():
    with busy(99) as told, pytest.raises(httpx.HTTPStatusError, match="503"), asking(told, 5):
        pass
