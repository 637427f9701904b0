"""A shop whose every name is an address, a path, a formula or markup: nothing is fetched, and no path is made of it."""

import socket
import threading
from datetime import timedelta

import polars as pl
import pytest
import small_shop
from small_landing import write
from small_world import day

from features.contracts import TABLES
from flows.data import Stretch
from flows.ingest import take_in
from flows.lake import Lake
from flows.stock import Paperwork, decide_units, forecast_listings, keep, prepare, write_papers

NAMED = ("session_id", "room_id", "anchor_id", "product_id", "merchant_id", "supplier_id", "viewer_id", "title", "text")
SHAPES = ("{address}/{name}", "../../../../{tmp}/escaped-{name}")
MORE = (
    "/{tmp}/escaped-{name}", "file:///{tmp}/escaped-{name}", '=WEBSERVICE("{address}/{name}")', "{name}\u202e\u0007",
    "<img src='{address}/{name}'>", "s3://127.0.0.1:{port}/{name}", "..\\..\\escaped-{name}",
    "%2e%2e%2fescaped-{name}", "$(touch /{tmp}/escaped-{name})",
)  # fmt: skip


@pytest.fixture
def listener():
    """A port that somebody who follows an address would come to."""
    with socket.socket() as waiting:
        waiting.bind(("127.0.0.1", 0))
        waiting.listen()
        waiting.settimeout(0.2)
        yield waiting


@pytest.fixture
def no_way_out(monkeypatch):
    """Whoever looks up a host, or goes to one, is stopped, and remembered; but for threads left by earlier tests."""
    asked, bystanders = [], set(threading.enumerate()) - {threading.current_thread()}

    def instead_of(way_out):
        def stopped(*address, **more):
            if threading.current_thread() in bystanders:
                return way_out(*address, **more)
            asked.append(address)
            raise OSError("nothing is to be asked")

        return stopped

    monkeypatch.setattr(socket.socket, "connect", instead_of(socket.socket.connect))
    monkeypatch.setattr(socket, "getaddrinfo", instead_of(socket.getaddrinfo))
    return asked


def hostile(frame, shape, facts):
    """The frame with every name in it replaced by one of that shape."""
    present = [name for name in NAMED if name in frame.columns and frame[name].dtype == pl.String]
    return frame.with_columns(
        pl.col(name).map_elements(lambda value, name=name: shape.format(name=f"{name}{value}", **facts), pl.String)
        for name in present
        if frame[name].null_count() < frame.height
    )


def everything_below(folder):
    return {path.relative_to(folder).parts[0] for path in folder.rglob("*")}


@pytest.mark.parametrize("shape", [*SHAPES, *(pytest.param(one, marks=pytest.mark.slow) for one in MORE)])
def test_names_are_only_names(shop_site, tmp_path, shape, listener, no_way_out):
    port = listener.getsockname()[1]
    facts = {"address": f"http://127.0.0.1:{port}", "port": port, "tmp": str(tmp_path).strip("/")}
    zone, before = tmp_path / "zone", everything_below(tmp_path)
    shop = {name: hostile(frame, shape, facts) for name, frame in small_shop.tables(12).items() if frame.height}
    for name, frame in shop.items():
        write(
            zone, name, frame.select(name for name in TABLES[name].columns if frame[name].null_count() < frame.height)
        )
    report = take_in(shop_site, zone)
    assert report.refused() == []
    stretch, out = Stretch(day(11), timedelta(days=5)), tmp_path / "out"
    job = prepare(shop_site, stretch)
    lines = forecast_listings(job, stretch)
    plan = decide_units(job, stretch, lines)
    files = write_papers(job, stretch, plan, Paperwork(out, None))
    keep(shop_site, plan, files)
    assert plan.lines.height == 10
    assert shape.format(name="product_idP", **facts) in plan.lines["product_id"].to_list()
    assert no_way_out == []
    with pytest.raises(TimeoutError):
        listener.accept()
    assert everything_below(tmp_path) == before | {"zone", "out"}
    assert list(tmp_path.rglob("escaped-*")) == []
    papers = {path.name for path in files.papers}
    assert all(name.partition(".")[0] == "no-reader" or len(name.partition(".")[0]) == 16 for name in papers)
    assert Lake(shop_site.home).rows("lists") == 10
