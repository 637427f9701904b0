"""What docs/operator.md says of a live evening does what it says."""

import base64
import re
import time
from pathlib import Path

import pytest

from features.privacy import Door
from flows.config import load
from flows.telling.settings import Hook
from flows.telling.signing import signer
from flows.watching.postgres import Appended
from flows.watching.reading import Reader

PAGE = Path(__file__).parents[3] / "docs" / "operator.md"


@pytest.fixture(scope="module")
def block():
    """The indented block of the page that begins with a text."""
    text = re.sub(r"^\S.*$", "\0", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    blocks = [re.sub(r"^ {4}", "", one.strip("\n"), flags=re.MULTILINE) for one in text.split("\0")]

    def find(begin):
        (found,) = [one for one in blocks if one.startswith(begin)]
        return found

    return find


@pytest.fixture
def settings(block, tmp_path):
    """The configuration with a block of the page laid over it."""

    def build(begin):
        path = tmp_path / "site.yaml"
        path.write_text(block(begin), encoding="utf-8")
        return load([path])

    return build


def test_the_signature_check_accepts_what_is_ours_and_fresh_and_nothing_else(block, monkeypatch):
    secret = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
    monkeypatch.setenv("BAOKUAN_WEBHOOK_SECRET", secret)
    told = {}
    exec(block("import base64"), told)  # noqa: S102 - the page's own words
    signs = signer(Hook(url="https://hooks.example.com", audience="operator"), {"BAOKUAN_WEBHOOK_SECRET": secret})

    def sent(seconds_ago):
        headers = signs.headers("0123456789abcdef", int(time.time()) - seconds_ago, b'{"units":3}')
        return {name.lower(): value for name, value in headers.items()}

    assert told["is_ours"](sent(0), b'{"units":3}')
    assert not told["is_ours"](sent(0), b'{"units":4}')
    assert not told["is_ours"](sent(600), b'{"units":3}')


def test_the_webhooks_of_the_page_are_legal(settings):
    hooks = settings("live:\n  telling:").live.telling.webhooks.hooks
    assert [(hook.audience, hook.reader) for hook in hooks] == [("operator", None), ("merchant", "M1")]


def test_the_table_of_the_page_is_followed_as_the_page_configures_it(block, settings, database):
    database.execute(block("CREATE TABLE"))
    database.execute(
        "INSERT INTO events (event_id, session_id, kind, ts) VALUES ('e1', 'S1', 'like', '2025-06-01T12:00Z')"
    )
    config = settings("live:\n  database:")
    source = Appended(config.live.database, Reader(config.ingest, Door(b"k" * 32, keep_text=True)), {})
    batch = source.poll(0.0)
    source.close()
    assert batch.tables["events"]["event_id"].to_list() == ["e1"]
    assert batch.bad.is_empty()
